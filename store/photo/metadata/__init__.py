"""What a photo says of itself: read from its bytes, and cut out of them, with every pixel as it was."""
