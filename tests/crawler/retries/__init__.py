"""Tests of what is asked for again."""
