"""The writers of a dataset's shards: photos in small row groups, captions in large ones, names that count."""
