"""Turns the bytes of pages and photos into rows, without a network and without Scrapy."""
