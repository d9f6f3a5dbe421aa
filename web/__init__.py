"""The browser app: data, training and captions on pages that need no network."""
