"""Whether something is in a pipeline, where it came from, and how it is taken out."""
