"""The markup that the embedded site can serve, one module per era of the real site."""
