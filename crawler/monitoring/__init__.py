"""Judges a crawl as a whole, by its last pages and photos: plain functions of what a run saw."""
