"""The answers that commands give under `--json`, and their schemas in the documents."""
