"""Captions: cleaned, cut into tokens, numbered by a vocabulary."""
