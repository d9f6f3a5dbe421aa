"""WARC files (ISO 28500:2017, WARC/1.1): pages of the web as they were fetched, a gzip member a record."""
