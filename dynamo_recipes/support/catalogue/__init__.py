"""Which flags a program of some version has, and what its parser makes of a command line."""
