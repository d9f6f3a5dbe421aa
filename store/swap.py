"""A directory that takes another's place in one step: the old one stands until the new one is complete."""

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
        UserError: another process is at it.
    """
    with lock.locked(directory.parent / f".{directory.name}.lock", f"is writing {directory}"):
        _recover(directory)
        yield


@contextmanager
def replacement(directory: Path) -> Iterator[Path]:
    """Yield an empty directory that takes `directory`'s place when the block ends well. Needs the lock."""
    new = directory.with_name(f".{directory.name}.new-{secrets.token_hex(4)}")
    new.mkdir(parents=True)
    try:
        yield new
        if directory.exists():
            directory.rename(_old(directory))
        new.rename(directory)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        _recover(directory)


def _old(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.old")


def _recover(directory: Path) -> None:
    """Bring the old directory back if nothing took its place; delete what is half made."""
    if _old(directory).exists() and not directory.exists():
        _old(directory).rename(directory)
    shutil.rmtree(_old(directory), ignore_errors=True)
    for leftover in directory.parent.glob(f".{directory.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
