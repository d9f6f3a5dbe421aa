"""The pages and the JSON API, a module each."""
