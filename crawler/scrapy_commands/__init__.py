"""Commands of `scrapy` that this project has instead of Scrapy's own; a module's name is its command."""
