"""Datasets of others, read into the tables that a crawl leaves."""
