"""Near copies: which kinds of them are found among strangers and cards with words."""
