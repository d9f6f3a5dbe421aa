"""The web app: data, training and captions in the browser."""
