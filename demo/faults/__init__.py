"""Faults that a crawler meets: wrong statuses, broken pages, damaged photos, bad connections."""
