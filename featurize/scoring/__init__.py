"""Scores: numbers that a model, other people's code or a table gives each photo or caption of a crawl."""
