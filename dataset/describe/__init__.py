"""What a dataset holds, for people and for tools: figures, charts, card, Croissant."""
