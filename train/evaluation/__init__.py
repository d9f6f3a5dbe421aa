"""How good a model is: losses beside their bounds, retrieval, and captions against people's."""
