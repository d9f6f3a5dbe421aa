"""Canaries: a few known boke that a crawl asks for again, to see that pages are still read rightly."""
