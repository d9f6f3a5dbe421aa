"""The WARC files of an import, alone or in WACZ files, and their records in order, past what is damaged."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.archive.answers import KINDS
from store.errors import UserError
from store.progress import Progress
from store.warc.parts import Part
from store.warc.read import DamagedArchive, Record, next_record, read_records
from store.warc.wacz import is_wacz, read_wacz

ENDINGS = (".warc", ".warc.gz", ".wacz")
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
        paths: the files; WACZ files are told by their first bytes, and stand for the WARC files in them.
        most: the most bytes of a record's block; of a larger one the block is None.
    """

    def __init__(self, paths: Sequence[Path], most: int) -> None:
        self._most = most
        self.files: list[Path | Part] = []
        self._unread: dict[Path, list[str]] = {}
        for path in paths:
            self._add(path)
        self.damage: dict[Path, list[str]] = {}
        """What could not be read of each file, by the place."""
        self.count: int | None = None
        """How many records there are, once all were read."""

    def records(self, label: str) -> Iterator[Record]:
        """Yield every record, with its block where it may tell of a page or a photo."""
        with Progress(label, self.count, "records") as progress:
            self.damage = {path: list(reasons) for path, reasons in self._unread.items()}
            for file in self.files:
                for record in self._of(file):
                    progress.advance()
                    yield record
            self.count = progress.done

    def _add(self, path: Path) -> None:
        if not is_wacz(path):
            return self.files.append(path)
        found = read_wacz(path)
        self.files += found.parts
        if found.problems:
            self._unread[path] = found.problems
        return None

    def _of(self, file: Path | Part) -> Iterator[Record]:
        start: int | None = 0
        while start is not None:
            try:
                yield from read_records(file, KINDS, most=self._most, start=start)
                return
            except DamagedArchive as error:
                self._note(file, str(error))
                # What is packed once more cannot be entered behind its damage.
                is_open = not (isinstance(file, Part) and file.is_packed)
                start = next_record(file, error.offset + 1) if is_open else None

    def _note(self, file: Path | Part, reason: str) -> None:
        path, named = (file.path, f"{file.name}: {reason}") if isinstance(file, Part) else (file, reason)
        self.damage.setdefault(path, []).append(named)
