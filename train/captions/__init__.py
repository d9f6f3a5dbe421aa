"""Captions from a trained model: decoding, its rules, and captions of other photos."""
