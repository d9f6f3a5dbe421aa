"""The commands on several runs at once: compared, exported, named, pinned, removed, pruned."""
