"""`python -m store.notify.limited SECONDS PROGRAM …`: runs a program, and ends it where it takes longer.

A process of its own, so that the limit holds even where the one that asked has ended meanwhile. The program
reads our standard input; of what it writes, the end of its standard error is kept, for the reason.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

from store.processes.child import ending

_KEPT = 2000
"""Bytes of standard error. The rest is read and dropped: a program may write without end."""


def main() -> None:
    """Run the program of the command line; end with 1, and the reason on standard error, where it fails."""
    seconds, *program = sys.argv[1:]
    try:
        process = subprocess.Popen(
            program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
    except (OSError, ValueError) as error:
        sys.exit(f"cannot be run: {getattr(error, 'strerror', None) or error}")
    os.close(0)  # or who writes the notice would wait for us where the program does not read it
    end = bytearray()
    assert process.stderr
    reading = threading.Thread(target=_read, args=(process.stderr, end), daemon=True)
    reading.start()
    try:
        status = process.wait(float(seconds))
    except subprocess.TimeoutExpired:
        _end_group(process)
        sys.exit(f"takes longer than {seconds} seconds, and was ended")
    if status:
        reading.join(0.5)  # what it started may hold the pipe open
        sys.exit(ending(status, bytes(end).decode(errors="replace")))


def _read(stream: IO[bytes], end: bytearray) -> None:
    while chunk := os.read(stream.fileno(), 1 << 16):
        end += chunk
        del end[:-_KEPT]


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the program and all that it started: politely, then without asking."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)


if __name__ == "__main__":
    main()
