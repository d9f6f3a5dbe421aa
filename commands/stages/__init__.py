"""The commands that run stages: one at a time or in order, with the embedded site, and whom they tell."""
