"""What watches a running crawl: Scrapy's extensions, each on its signals and statistics."""
