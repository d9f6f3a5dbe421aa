"""Scrapy's components: what a request and an answer pass on their way, and what they share."""
