"""What of captions is shown, and what is said of who wrote them."""
