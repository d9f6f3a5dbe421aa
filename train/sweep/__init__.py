"""A sweep: runs over several values of settings, trained beside each other, and what each setting does."""
