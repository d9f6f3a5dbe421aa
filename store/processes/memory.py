"""A limit on the memory of a process: what asks for more gets a MemoryError, or dies, alone."""

import os
import resource

MOST = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
"""Bytes that leave other programs their part of this machine."""


def limit(size: int) -> None:
    """Let this process use so many bytes and no more, and leave no file of its memory if it dies."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    size = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Its own pools of memory reserve more than they use, and the limit counts what is reserved.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
