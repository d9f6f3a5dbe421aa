"""What takes the place of what: a directory at once, and files that name those they replace."""
