"""Fetches pages and photos, politely and once each, into two Parquet tables."""
