"""Judgement by people: contests, votes, and what the votes say."""
