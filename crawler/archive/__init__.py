"""The archive: pages as they were fetched, in WARC files, and what is made from them without a request."""
