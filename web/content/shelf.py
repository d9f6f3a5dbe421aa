"""Things read from disk, kept until their files change."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class Shelf:
    """Keeps the `most` things used last. Two threads that ask for one thing wait for one reading of it."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """Return the thing `key`, made anew where `version` is not the one it was made for."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                kept = self._things.get(key)
            if kept is None or kept[0] != version:
                kept = version, make()
            with self._lock:
                self._things[key] = kept
                self._things.move_to_end(key)
                while len(self._things) > self._most:
                    gone, _ = self._things.popitem(last=False)
                    self._making.pop(gone, None)
        thing: T = kept[1]
        return thing


def stamp(*paths: Path) -> Hashable:
    """Return something that changes when one of the files does; a file that is not there counts too."""
    stamps = []
    for path in paths:
        try:
            status = path.stat()
            stamps.append((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
        except OSError:
            stamps.append((str(path), 0, 0, 0))
    return tuple(stamps)
