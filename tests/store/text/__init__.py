"""Tests of what a text is."""
