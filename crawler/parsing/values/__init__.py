"""Dates and numbers, as people write them on a page."""
