"""What the pages show: read from the stages' directories, and cached until files change."""
