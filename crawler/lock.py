"""One crawl of a pipeline at a time."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dataset.errors import UserError

_PATIENCE = 3.0


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the crawl's lock while the block runs; it goes with the process, however that ends.

    Seconds are waited for a crawl that is just winding down.

    Raises:
        UserError: another crawl holds it; the message says who.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("a+") as file:
        _acquire(file.fileno(), file.name)
        file.truncate(0)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        file.write(f"process {os.getpid()} on {socket.gethostname()}, since {now}\n")
        file.flush()
        yield


def _acquire(descriptor: int, name: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = Path(name).read_text().strip() or "another process"
                raise UserError(
                    f"{Path(name).parent} is being crawled by {holder}. Wait for it, or stop it first."
                ) from None
        time.sleep(0.1)
