"""What the crawler costs: speed against a bare Scrapy spider, memory, and the time to resume."""
