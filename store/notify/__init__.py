"""Telling somebody how a run ended, or that it waits long: by a command, or by a POST to an address."""
