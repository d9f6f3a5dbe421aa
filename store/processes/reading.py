"""Which file a process is reading: a note for whoever waits for it, in case that it dies of the file."""

import os
from pathlib import Path


class Note:
    """Where this process notes it: an open file that its parent reads, too. None in all other processes."""

    descriptor: int | None = None


def reading(path: Path) -> None:
    """Note that `path` is about to be read by a library in C++, which some files kill."""
    if Note.descriptor is not None:
        os.ftruncate(Note.descriptor, 0)
        os.pwrite(Note.descriptor, os.fsencode(path), 0)


def noted_in(descriptor: int) -> Path | None:
    """Return the file that was noted last in an open file, if any was."""
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return Path(os.fsdecode(content)) if content else None
