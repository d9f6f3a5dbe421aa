"""Looking through photos: which ones, in what order, how many of each kind, and the same as CSV and SQL."""
