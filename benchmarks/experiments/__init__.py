"""The experiments of docs/experiments.md: the article's two, and the grid around them."""
