"""Who may come in, how much they may bring, and in which order they are served."""
