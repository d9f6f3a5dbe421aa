"""A cache of objects read from files; an entry is read again when its files change."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class FileCache:
    """Keeps the entries that were used last, up to a capacity. Threads that want one entry read it once.

    Args:
        capacity: how much is kept, the entry that was used last in any case.
        size: how much of it an entry takes; by default capacity counts entries.
    """

    def __init__(self, capacity: int, size: Callable[[Any], int] = lambda _: 1) -> None:
        self._capacity, self._size, self._kept = capacity, size, 0
        self._entries: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = threading.Lock()
        # A lock per key: while one dataset is read, others can still be fetched.
        self._key_locks: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, version: Hashable, read: Callable[[], T]) -> T:
        """Return the entry of `key`; call `read` for it where none of this version is kept."""
        with self._lock:
            key_lock = self._key_locks.setdefault(key, threading.Lock())
        with key_lock:
            with self._lock:
                entry = self._entries.get(key)
            if entry is None or entry[0] != version:
                entry = version, read()
            with self._lock:
                self._keep(key, entry)
        value: T = entry[1]
        return value

    def _keep(self, key: Hashable, entry: tuple[Hashable, Any]) -> None:
        if before := self._entries.pop(key, None):
            self._kept -= self._size(before[1])
        self._entries[key] = entry  # the newest is the last
        self._kept += self._size(entry[1])
        while self._kept > self._capacity and len(self._entries) > 1:
            evicted, (_, value) = self._entries.popitem(last=False)
            self._kept -= self._size(value)
            self._key_locks.pop(evicted, None)


def file_version(*paths: Path) -> Hashable:
    """Return a value that changes when one of the files changes, appears or disappears."""
    versions = []
    for path in paths:
        try:
            status = path.stat()
            # The inode too: a replaced file may have the size and, on a coarse clock, the time of the old.
            versions.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
        except OSError:
            versions.append((str(path), 0, 0, 0))
    return tuple(versions)
