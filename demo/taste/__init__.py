"""How funny captions of the embedded site are: who judges them, who sees them, what can be known of it."""
