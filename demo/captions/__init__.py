"""Captions for drawn scenes, from a grammar that knows how probable each of them is."""
