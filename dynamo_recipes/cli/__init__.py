"""Words in, exit status out. One file for each verb; what they do is in `app`."""
