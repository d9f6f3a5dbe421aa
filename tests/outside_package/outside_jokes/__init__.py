"""One of each thing that code of others can be."""
