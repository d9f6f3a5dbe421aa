"""Runs what reads files of unknown origin in a child process, whose death is an error as any other.

Libraries in C++ end their process on some files, or take all memory: they abort on encrypted columns, say.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from store.answers.answer import answered, is_due
from store.errors import DamagedFile, Unexpected, UserError
from store.processes import child
from store.processes.interruption import SIGNALS, Interrupted
from store.processes.reading import noted_in

_PAUSE = 0.05  # seconds
_OTHER = "Name another file, or put this one back as it was made."
_WHAT = re.compile(rb"what\(\):\s*(.+)")
"""What C++ writes of the exception that ended it."""


def run_apart(
    action: Callable[..., object],
    path: Path,
    *words: str,
    memory: int,
    seconds: float,
) -> int:
    """Run `action(path, *words)` in a child process; return its exit status.

    It writes to our standard output and error; where an answer is due as JSON, it is the child's.

    Args:
        action: a function of one of our modules.
        memory: the most bytes that it may use.
        seconds: the most that it may take for one file, as it notes them (`store.processes.reading`).

    Raises:
        DamagedFile: it died of a file.
        Unexpected: a file takes more time than it may.
        UserError: it takes more memory.
        Interrupted: a signal ended it.
    """
    with tempfile.TemporaryFile() as note, tempfile.TemporaryFile() as errors:
        told = os.dup(2)
        try:
            with child.running(
                "store.processes.apart_worker",
                *(
                    str(note.fileno()),
                    str(told),
                    str(memory),
                    "json" if is_due() else "text",
                    action.__module__,
                    action.__qualname__,
                    str(path),
                    *words,
                ),
                errors=errors,
                output=None,
                inherited=(note.fileno(), told),
            ) as process:
                status = _wait(process, note, seconds)
        finally:
            os.close(told)
        file = noted_in(note.fileno()) or path
        if status is None:
            raise Unexpected(f"{file} was not read to its end within {seconds:.0f} seconds. {_OTHER}")
        if status < 0:
            raise _death(file, status, errors, memory)
    if status - 128 in SIGNALS:
        raise Interrupted(status - 128)
    answered()  # by the child, which has our standard output, whether it failed or not
    return status


def _wait(process: "subprocess.Popen[bytes]", note: IO[bytes], seconds: float) -> int | None:
    """Return the status of a child; None if it was killed, since it took too long for one file."""
    since, last = time.monotonic(), -1
    while True:
        try:
            return process.wait(_PAUSE)
        except subprocess.TimeoutExpired:
            if (noted := os.fstat(note.fileno()).st_mtime_ns) != last:
                since, last = time.monotonic(), noted
            elif time.monotonic() - since > seconds:
                process.kill()
                return None


def _death(file: Path, status: int, errors: IO[bytes], memory: int) -> UserError:
    """Return what is said of a child that a signal ended."""
    errors.seek(0)
    found = _WHAT.search(errors.read())
    reason = found[1].decode(errors="replace").strip() if found else ""
    if "bad_alloc" in reason:
        return UserError(f"{file} takes more than {memory / 1e9:.1f} GB of memory to be read. {_OTHER}")
    if status == -signal.SIGKILL:
        return UserError(f"the process that read {file} {child.ending(status)}. {_OTHER}")
    died = f"the process {child.ending(status)} while it was read"
    return DamagedFile(file, died + (f" ({reason})" if reason else ""), _OTHER)
