"""From crawls to the photos table: filters, groups, split, and one row per photo."""
