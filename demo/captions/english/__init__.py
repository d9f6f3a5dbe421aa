"""English for every word, phrase and template of the grammar."""
