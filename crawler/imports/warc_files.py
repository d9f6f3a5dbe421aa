"""The WARC files of an import: which they are, and their records in order, past what is damaged."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.archive.answers import KINDS
from store.errors import UserError
from store.progress import Progress
from store.warc.read import DamagedArchive, Record, next_record, read_records

ENDINGS = (".warc", ".warc.gz")
"""What files are called that are taken from a folder. A file that is named itself may be called anything."""


def find(named: Sequence[str]) -> list[Path]:
    """Return the files that names, patterns (`*`, `?`, `[…]`, `**`) and folders stand for, each once.

    Raises:
        UserError: one of them stands for no file.
    """
    found: dict[Path, None] = {}
    for name in named:
        paths = _files(name)
        if not paths:
            raise UserError(
                f"{name} is no file, and no WARC file is found by it. Name files, a pattern such as "
                f"'warcs/*.warc.gz', or a folder of files that end in {' or '.join(ENDINGS)}"
            )
        found |= dict.fromkeys(paths)
    return list(found)


def _files(name: str) -> list[Path]:
    if not name:  # to Path that is the working folder, and an empty variable of a shell's to us
        return []
    path = Path(name)
    if path.is_dir():
        inside = (Path(folder, one) for folder, _, names in os.walk(path) for one in names)
        return sorted(one for one in inside if one.name.lower().endswith(ENDINGS) and one.is_file())
    if path.exists():
        return [path]
    try:
        found = Path(path.anchor or ".").glob(str(path.relative_to(path.anchor)))
        return sorted(one for one in found if one.is_file())
    except ValueError:  # it is no pattern either
        return []


class WarcFiles:
    """The records of several files, one after another; may be read again and again.

    Args:
        paths: the files.
        most: the most bytes of a record's block; of a larger one the block is None.
    """

    def __init__(self, paths: Sequence[Path], most: int) -> None:
        self.paths, self._most = paths, most
        self.damage: dict[Path, list[str]] = {}
        """What could not be read of each file, by the place."""
        self.count: int | None = None
        """How many records there are, once all were read."""

    def records(self, label: str) -> Iterator[Record]:
        """Yield every record, with its block where it may tell of a page or a photo."""
        with Progress(label, self.count, "records") as progress:
            self.damage = {}
            for path in self.paths:
                for record in self._of(path):
                    progress.advance()
                    yield record
            self.count = progress.done

    def _of(self, path: Path) -> Iterator[Record]:
        start: int | None = 0
        while start is not None:
            try:
                yield from read_records(path, KINDS, most=self._most, start=start)
                return
            except DamagedArchive as error:
                self.damage.setdefault(path, []).append(str(error))
                start = next_record(path, error.offset + 1)
