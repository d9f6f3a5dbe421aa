"""Pages and photos that others have fetched, in WARC files, read into the tables that a crawl leaves."""
