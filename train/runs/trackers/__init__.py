"""Scripts that hand runs to trackers: each is run by the Python of an environment that has one of them."""
