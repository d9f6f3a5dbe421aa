"""Tests of `store.lineage`."""
