"""What tells an input as it is from the one that is wanted."""
