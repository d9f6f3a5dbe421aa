"""A limit on the memory of a process: what asks for more gets a MemoryError, or dies, alone."""

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

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


OUT_OF_MEMORY = (
    "this process got no more memory. What was whole before is whole still. Run it where there is more, "
    "without `ulimit -v`, or ask for less: smaller batches, fewer photos at once, fewer workers"
)
_DEATHS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)
"""How libraries in C end a process that gets no memory."""
_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def told_of(action: Callable[[], int]) -> int:
    """Run the work of a command; where its addresses are limited (`ulimit -v`), in a child, and say how that
    ended.

    Under such a limit libraries in C end the process by a signal, without a word: nobody is left in it to say
    so. Others raise errors of their own. Call it before any thread is started.

    Returns:
        The exit status: that of `action`, 1 where memory ended it.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return action()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # one that comes now waits until the child is known
    child = os.fork()
    if not child:
        os.setpgid(0, 0)  # a terminal's Ctrl-C then comes once, from here
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        _ends(action, limit)
    for number in _SIGNALS:
        signal.signal(number, lambda received, _: os.kill(child, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if -ended in _DEATHS:
        return _say(limit, f"signal {-ended}")
    return ended if ended >= 0 else 128 - ended


def _ends(action: Callable[[], int], limit: int) -> NoReturn:
    """Run the work, and end this process: what the caller does next, the parent does."""
    try:
        status = action()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception as error:  # what it is called depends on which library got no memory
        status = _say(limit, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


def _say(limit: int, reason: str) -> int:
    print(f"bokeru: {OUT_OF_MEMORY}. (`ulimit -v` is {limit // 1024}; {reason})", file=sys.stderr)
    return 1
