"""How near a ranker comes to the best that any can do, and what it makes of several captions."""
