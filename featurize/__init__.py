"""CaffeNet's view of each photo: computed once, cached by photo."""
