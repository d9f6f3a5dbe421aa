"""Replaces a directory in one step: the old one stays until the new one is complete."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.processes import lock


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other processes from replacing `directory`, after finishing what a killed one left.

    Raises:
        UserError: another process is writing it.
    """
    with lock.locked(directory.parent / f".{directory.name}.lock", f"is writing {directory}"):
        _recover(directory)
        yield


@contextmanager
def replacement(directory: Path, *, swap: bool = True) -> Iterator[Path]:
    """Yield an empty directory that replaces `directory` when the block ends well; `locked` must be held.

    Without `swap` it is deleted then, and `directory` stays.
    """
    new = directory.with_name(f".{directory.name}.new-{secrets.token_hex(4)}")
    try:
        new.mkdir(parents=True)  # within: a signal may come at any moment from here on
        yield new
        if not swap:
            return
        # Two renames, as no system call swaps directories portably: a kill between them leaves the old one
        # under its other name, and `_recover` brings it back.
        if directory.exists():
            directory.rename(_old(directory))
        new.rename(directory)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        _recover(directory)


def remove(directory: Path) -> None:
    """Delete `directory`, which is gone at once, whatever a kill leaves of it; `locked` must be held."""
    gone = directory.rename(directory.with_name(f".{directory.name}.new-{secrets.token_hex(4)}"))
    shutil.rmtree(gone)


def _old(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.old")


def _recover(directory: Path) -> None:
    """Bring the old directory back if nothing replaced it; delete what was left half-made."""
    if _old(directory).exists() and not directory.exists():
        _old(directory).rename(directory)
    shutil.rmtree(_old(directory), ignore_errors=True)
    for leftover in directory.parent.glob(f".{directory.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
