"""`bokeru forget`: the command, what it reaches, and what it tells."""
