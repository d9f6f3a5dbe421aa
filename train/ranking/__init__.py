"""The ranker: which of two captions of a photo readers liked better, learned from their stars."""
