"""How much of the machine this process may use."""

import os


def cores() -> int:
    """Return how many cores this process may use, or how many there are where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
