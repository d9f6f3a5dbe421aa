"""Tests of `train.lineage`."""
