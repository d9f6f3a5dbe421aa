"""Where things come from: whether each stage's input is the pipeline's, which run speaks for it."""
