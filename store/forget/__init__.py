"""Taking content out: what is to go, where it still is, the forget list, and what each stage does for it."""
