"""What a text is, for whoever reads or keeps one."""
