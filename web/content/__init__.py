"""What the pages show, read from the stages' directories and kept until files change."""
