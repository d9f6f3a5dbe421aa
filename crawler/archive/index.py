"""Finds the record of a row: by the address that was asked for and the time that it was fetched."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from crawler.archive.answers import Unreadable, address_and_date, decode
from crawler.items import Answer
from store.errors import DamagedFile
from store.progress import Progress
from store.warc.read import DamagedArchive, read_at, read_records

_ENTRY = np.dtype([("key", np.uint64), ("file", np.uint32), ("offset", np.uint64)])
_MOST_REVISITS = 10_000
"""How many 304s in a row are followed to the answer that they confirm."""


class ArchiveIndex:
    """Where the record of each page lies, 20 bytes a record.

    Of several records of one page and time the last counts: the one that somebody mended.

    Args:
        paths: the archive's files, oldest first.

    Raises:
        DamagedFile: one of them cannot be read to its end; from any method.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = list(paths)
        with Progress("archive", None, "records") as progress:
            found = np.fromiter(self._entries(progress), _ENTRY)
        found = found[np.argsort(found["key"], kind="stable")]
        self._keys, self._files, self._offsets = found["key"], found["file"], found["offset"]
        self._used = np.zeros(len(found), bool)

    def _entries(self, progress: Progress) -> Iterator[tuple[int, int, int]]:
        for number, path in enumerate(self._paths):
            try:
                for record in read_records(path, ()):
                    address, at = address_and_date(record)
                    if at and address:
                        yield _key(address, at), number, record.offset
                    progress.advance()
            except DamagedArchive as error:
                raise damaged(path, error) from error

    def answer(self, address: str, at: datetime) -> Answer | None:
        """Return what a row was made from: of a 304, the answer that it confirms; None if it is not there."""
        wanted: tuple[str, datetime] | None = (address, at)
        for _ in range(_MOST_REVISITS):
            found = self._find(*wanted) if wanted else None
            if found is None or found.same_as is None:
                return found
            wanted = found.same_as
        return None

    def left(self) -> Iterator[Answer]:
        """Yield the answers that nobody asked for: their rows are lost. Those of 304s are not among them."""
        for position in np.flatnonzero(~self._used):
            answer = self._read(int(position))
            if answer and answer.same_as is None:
                yield answer

    def _find(self, address: str, at: datetime) -> Answer | None:
        key = np.uint64(_key(address, at))
        first, end = (int(np.searchsorted(self._keys, key, side)) for side in ("left", "right"))
        self._used[first:end] = True
        for position in range(end - 1, first - 1, -1):
            answer = self._read(position)
            if answer and (answer.address, answer.fetched_at) == (address, at):
                return answer
        return None

    def _read(self, position: int) -> Answer | None:
        path = self._paths[self._files[position]]
        try:
            with path.open("rb") as file:
                answer = decode(read_at(file, int(self._offsets[position])))
        except DamagedArchive as error:
            raise damaged(path, error) from error
        return None if isinstance(answer, Unreadable) else answer


def damaged(path: Path, error: DamagedArchive) -> DamagedFile:
    """Return the error for an archive's file that cannot be read to its end."""
    remedy = "Bring it back from a copy, or delete it: its pages' rows stay as they are."
    return DamagedFile(path, str(error), remedy)


def _key(address: str, at: datetime) -> int:
    text = f"{at.timestamp():.6f} {address}".encode(errors="replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
