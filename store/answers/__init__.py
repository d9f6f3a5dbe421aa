"""What a command answers under `--json`: one document, of the type that its schema is made from."""
