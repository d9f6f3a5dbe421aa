"""Runs as a whole: which there are, how they compare, what others read them with."""
