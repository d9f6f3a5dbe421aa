"""What takes longer than a visitor waits is made in the background: pages that need it say how far it is."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from web.languages import LocalisedError, Message

T = TypeVar("T")
PATIENCE = 0.8
"""Seconds that a page waits for what is being made before it says so: it comes within a second."""
LONGEST_WAIT = 10
"""Seconds, at most, until a visitor who was told is to ask again."""


class NotReady(LocalisedError):
    """What a page needs is being made.

    Args:
        message: what, and how far it is.
        retry_after: seconds after which another try is likely to succeed, and after which a page asks again.
    """

    def __init__(self, message: Message, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = self.again = retry_after


@dataclass
class Work:
    """One thing that is being made, in a thread of its own.

    Attributes:
        version: of the files that it is made from.
        done, total: how far it is, in whatever is counted.
    """

    what: str
    version: Hashable
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    total: int = 0
    result: Any = None
    error: BaseException | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def report(self, done: int, total: int) -> None:
        """Note how far it is."""
        self.done, self.total = done, total

    def not_ready(self) -> NotReady:
        """Return what a visitor is told meanwhile."""
        share = self.done / self.total if self.total else 0.0
        taken = time.monotonic() - self.started
        left = taken / share - taken if share else 1.0
        values = {"what": Message(self.what), "percent": int(100 * share)}
        text = "{what}: {percent}% is done. This page shows itself when it is ready."
        return NotReady(Message(text, values), round(min(max(1.0, left), LONGEST_WAIT)))


class Preparing:
    """Makes things by key, a thread each, and keeps the newest version. Safe to use from several threads."""

    def __init__(self) -> None:
        self._works: dict[Hashable, Work] = {}
        self._lock = threading.Lock()

    def get(
        self,
        key: Hashable,
        version: Hashable,
        what: str,
        make: Callable[[Callable[[int, int], None]], T],
        patience: float | None = None,
    ) -> T:
        """Return what `make` returned for this version; it is called where nothing of it is there.

        Args:
            what: what is being made, as a text that can be translated.
            make: is given what it tells how much is done, and of how much.
            patience: seconds to wait; None: as long as it takes.

        Raises:
            NotReady: it takes longer.
            Exception: whatever `make` raised; the next call tries again.
        """
        work = self._begun(key, version, what, make)
        if not work.finished.wait(patience):
            raise work.not_ready()
        if work.error is not None:
            with self._lock:
                if self._works.get(key) is work:
                    del self._works[key]
            raise work.error
        result: T = work.result
        return result

    def _begun(
        self, key: Hashable, version: Hashable, what: str, make: Callable[[Callable[[int, int], None]], T]
    ) -> Work:
        with self._lock:
            work = self._works.get(key)
            if work is None or work.version != version:
                work = self._works[key] = Work(what, version)
                # A daemon: what it writes appears whole or not at all, so Ctrl-C need not wait for it.
                threading.Thread(target=_run, args=(work, make), name=f"making {what}", daemon=True).start()
            return work


def _run(work: Work, make: Callable[[Callable[[int, int], None]], Any]) -> None:
    try:
        work.result = make(work.report)
    except BaseException as error:  # it belongs to those who wait
        work.error = error
    finally:
        work.finished.set()
