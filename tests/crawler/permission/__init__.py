"""Tests of what sites permit."""
