"""Vectors laid out in the plane, so that photos which a network finds alike lie together."""
