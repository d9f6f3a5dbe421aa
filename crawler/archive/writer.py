"""Writes the archive of a running crawl: compressed beside it, published with the rows that belong to it."""

import secrets
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from crawler.archive.answers import encode
from crawler.items import Answer
from store.version import VERSION
from store.warc.write import Field, warcinfo
from store.whole_file import TEMPORARY, publish

_WAITING = 32 * 2**20
"""Bytes of pages that may wait to be compressed; then the crawl waits for them."""


class ArchiveWriter:
    """Appends answers to a WARC file that appears, whole, when `commit` names it; not thread-safe.

    Args:
        directory: the archive's folder.
        about: fields for each file's first record, such as the User-Agent.

    Raises:
        OSError: from `append` and `commit`. Nothing of this file is then kept, and its rows must not be.
    """

    def __init__(self, directory: Path, about: Iterable[Field] = ()) -> None:
        self._directory, self._about = directory, tuple(about)
        self._thread = ThreadPoolExecutor(1, "archive")
        self._under_way: deque[tuple[Future[int], int]] = deque()
        self._waiting = 0
        self._file: BinaryIO | None = None
        self._temporary = directory
        self._failure: OSError | None = None
        self.bytes = 0

    def append(self, answer: Answer) -> None:
        """Add an answer; it is compressed and written in a thread."""
        if self._file is None:
            self._open()
        assert self._file
        size = len(answer.body)
        self._under_way.append((self._thread.submit(_write, self._file, answer), size))
        self._waiting += size
        while self._under_way and (self._waiting > _WAITING or self._under_way[0][0].done()):
            self._take_one()

    def commit(self, path: Path) -> Path | None:
        """Publish what was appended as `path`; return that, or None if there was nothing."""
        if self._file is None:
            return None
        try:
            if self._failure:
                raise self._failure
            while self._under_way:
                self._take_one()
            self._file.close()
            publish(self._temporary, path)
        finally:
            self.abandon()
        return path

    def abandon(self) -> None:
        """Drop what was appended since the last commit."""
        if self._file is None:
            return
        file, self._file, self._failure, self.bytes, self._waiting = self._file, None, None, 0, 0
        while self._under_way:
            future, _ = self._under_way.popleft()
            if not future.cancel():
                with suppress(OSError):
                    future.result()
        with suppress(OSError):  # what waits to be written may not fit
            file.close()
        self._temporary.unlink(missing_ok=True)

    def _open(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._temporary = self._directory / f"{TEMPORARY}{secrets.token_hex(4)}.warc.gz"
        self._file = self._temporary.open("wb")
        self._file.write(first_record(self._about))

    def _take_one(self) -> None:
        future, size = self._under_way.popleft()
        self._waiting -= size
        try:
            self.bytes += future.result()
        except OSError as error:
            self._failure = error  # the file is not whole any more, whatever else is appended
            raise


def first_record(about: Iterable[Field] = ()) -> bytes:
    """Return the record that says which program wrote a file of the archive."""
    return warcinfo([("software", f"bokeru/{VERSION}"), *about])


def _write(file: BinaryIO, answer: Answer) -> int:
    return file.write(encode(answer))
