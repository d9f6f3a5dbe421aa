"""Captions: cleaned, normalised, segmented into tokens, numbered by a vocabulary."""
