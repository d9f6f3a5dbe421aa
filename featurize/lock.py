"""One process at a time in a directory; a process that dies, however, gives way at once."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(directory: Path, purpose: str) -> Iterator[None]:
    """Hold `directory`, waiting for as long as another process holds it, and saying so.

    The lock is the kernel's (flock): it ends with the process that holds it, even by kill -9.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process in {directory}, {purpose}", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
