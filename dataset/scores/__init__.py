"""Scores as columns: what `bokeru score` keeps of photos and captions, joined to the rows of a dataset."""
