"""Captions for drawn scenes, from a grammar that gives the probability of each."""
