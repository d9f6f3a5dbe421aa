"""File locks: one process at a time, where two would undo each other's work."""

import fcntl
import math
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from store.errors import UserError
from store.processes.interruption import WIND_DOWN_SECONDS

_MOMENT = 1.0


PATIENCE = WIND_DOWN_SECONDS + 5
"""How long one waits for another that may be just ending: who stops a command and starts it again does."""


@contextmanager
def locked(path: Path, purpose: str, patience: float | None = None) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs; the file says who holds it.

    The lock is the kernel's (flock): it ends with the process that holds it, even by kill -9. The file stays.

    Args:
        purpose: completes the message "another process …": "is crawling data/demo".
        patience: seconds to wait for another holder, PATIENCE unless given; `math.inf` waits for as long as
            it takes. Who waits for longer than a moment says so.

    Raises:
        UserError: another process still holds it; the message says which.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file, purpose, PATIENCE if patience is None else patience)
        # Only now that the lock is ours: before, the file names the other holder.
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%F %T} UTC\n")
        file.flush()
        yield


def is_held(path: Path) -> bool:
    """Tell whether a process, this one included, holds the lock file at `path` just now."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # it is not there, or may not be read: nobody is known to hold it
        return False
    return False


def _acquire(file: TextIO, purpose: str, patience: float) -> None:
    started, has_announced = time.monotonic(), False
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = f"another process {purpose}: {file.read().strip() or 'unknown'}"
        if time.monotonic() - started >= patience:
            raise UserError(f"{holder}. Wait for it, or stop it first")
        if not has_announced and (math.isinf(patience) or time.monotonic() - started >= _MOMENT):
            print(f"waiting: {holder}", file=sys.stderr, flush=True)
            has_announced = True
        time.sleep(0.05)
