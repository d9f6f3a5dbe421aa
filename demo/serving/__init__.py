"""How the embedded site is served: HTTP, its responses as bytes, conditional requests, feeds."""
