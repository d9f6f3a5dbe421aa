"""The map of a pipeline's photos by their vectors: where each lies, its thumbnail, its colour."""
