"""What the tool can do, as a library: one file for each use case. Joins the stages, reads files, passes values on."""
