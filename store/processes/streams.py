"""Standard streams that are closed, or that nobody reads: neither is a reason to fail."""

import codecs
import io
import os
import select
import sys


def replace_closed() -> None:
    """Give the null device to each standard stream that this process was started without, as by `2>&-`.

    Else `print(…, file=None)` would write errors to standard output, and the next file to be opened would be
    number 2, where libraries in C write their warnings.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null < number:  # a lower one is closed too, but Python has no use for it
                os.dup2(null, number)
            setattr(sys, name, open(max(null, number), "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123


def take_any_text() -> None:
    """Let standard output and error take every character, whatever the locale can write.

    A locale of ASCII (C, POSIX) says that nobody has set one, not that the reader has nothing else: UTF-8 is
    written then, as PEP 538 and PEP 540 have it. What another encoding lacks is written as an escape.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            ascii_alone = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="utf-8" if ascii_alone else None, errors="backslashreplace")


def is_unread() -> bool:
    """Return whether standard output is a pipe whose reader has gone, as in `bokeru inspect … | head -1`."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def flush() -> None:
    """Write out what standard output still holds; throw it away if nobody reads it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes again as it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
