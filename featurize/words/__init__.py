"""Photos by words: the text tower of an encoder, its tokens, and the exact search among photos' vectors."""
