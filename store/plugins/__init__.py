"""Code of others: how it is found, which version it is, and who is named where it fails."""
