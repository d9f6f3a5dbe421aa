"""What the crawler costs beside a bare Scrapy spider, what it remembers, and how fast it comes back."""
