"""SIGHUP, SIGINT and SIGTERM as one exception, so that every kind of stop winds down the same way."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
STOPPED = "stopped ({}). Nothing that was whole is lost: the same command goes on from here."
WIND_DOWN_SECONDS = 10.0
"""What a process may take to end once it is asked to: it waits no longer for answers and copies under way."""
_TOGETHER = 0.5
"""Signals within so many seconds are one wish: systemd sends SIGHUP right after SIGTERM."""
_received: list[int] = []
_began = 0.0


class Interrupted(KeyboardInterrupt):
    """The process was hung up, interrupted or terminated. `with` blocks wind down as for Ctrl-C.

    Args:
        number: the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = int(number)
        self.exit_status = 128 + number


def install() -> None:
    """Let the signals raise `Interrupted` in this process, but for those that it was started to ignore.

    `nohup` ignores SIGHUP, a shell's background job SIGINT: that is the wish of whoever started it.
    """
    _received.clear()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise for the first signal; let one that comes later, while it winds down, end the process at once.

    To raise again would tear a `with` block's own end in two, and show a traceback. Files are whole whatever
    ends a process.
    """
    _note(number)
    if len(_received) == 1:
        raise Interrupted(number)
    _end_if_meant_again()


def _end_if_meant_again() -> None:
    """End the process at once where this is another wish than the first signal's."""
    if len(_received) > 1 and time.monotonic() - _began > _TOGETHER:
        stop = Interrupted(_received[0])
        os.write(2, f"bokeru: {STOPPED.format(stop)}\n".encode())
        os._exit(stop.exit_status)


def _note(number: int) -> None:
    global _began
    _began = _began if _received else time.monotonic()
    _received.append(number)


def received() -> Interrupted | None:
    """Return the interruption that came, also where a library turned it into another exception."""
    return Interrupted(_received[0]) if _received else None


@contextmanager
def deferred(wind_down: Callable[[], object], *, waits: bool = True) -> Iterator[None]:
    """Call `wind_down` on a signal instead of raising in the midst of the block; raise at its end.

    For an event loop, which an exception out of nowhere would leave half closed, and for a model's update.

    Args:
        waits: also for a second signal; else that ends the process at once, as it does outside the block.

    Raises:
        Interrupted: a signal came within the block, which has wound down.
    """
    came: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        _note(number)
        came.append(number)
        if not waits:
            _end_if_meant_again()
        wind_down()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise Interrupted(came[0])
