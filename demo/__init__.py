"""The embedded site: drawn photos and generated jokes, to run every stage without a network."""
