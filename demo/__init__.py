"""A site of drawn photos and written jokes, to try the whole way on without a network."""
