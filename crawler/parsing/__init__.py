"""From bytes to rows: pages and photos as they were fetched, without a network and without Scrapy."""
