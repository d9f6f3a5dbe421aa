"""What a copy of the pages brings along, so that a browser writes captions without a server."""
