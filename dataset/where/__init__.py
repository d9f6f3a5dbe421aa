"""`dataset.where`: a filter of one's own, written as a DuckDB expression over a caption with its photo."""
