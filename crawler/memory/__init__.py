"""The crawl's memory: its tables, what is still to fetch, and the copy of both elsewhere."""
