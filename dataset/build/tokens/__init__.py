"""What a build learns from its own texts before it cuts them into tokens."""
