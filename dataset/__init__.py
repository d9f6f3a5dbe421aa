"""The dataset stage, and what every stage shares: schemas, whole files, shards, errors, progress."""
