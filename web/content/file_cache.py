"""A cache of objects read from files; an entry is read again when its files change."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class FileCache:
    """Keeps the `capacity` entries that were used last. Threads that want one entry read it once.

    Args:
        capacity: how many entries are kept.
    """

    def __init__(self, capacity: int = 8) -> None:
        self._capacity = capacity
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
                self._entries[key] = entry
                self._entries.move_to_end(key)
                while len(self._entries) > self._capacity:
                    evicted, _ = self._entries.popitem(last=False)
                    self._key_locks.pop(evicted, None)
        value: T = entry[1]
        return value


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
