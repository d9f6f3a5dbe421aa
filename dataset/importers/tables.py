"""Writes what an importer reads as a crawl's tables: each photo once, bad records counted by reason."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pyarrow.parquet as pq

from store.errors import DamagedFile, UserError
from store.forget.forgotten import Forgotten
from store.photo.description import describe
from store.progress import Progress
from store.schema import IMAGES, PAGES
from store.shards import ShardWriter, shard_paths
from store.whole_file import read_json, write_json

SOURCES = "sources.json"
MAX_PHOTO_BYTES = 64 * 2**20
_FLUSH_BOKES = 20_000
"""Boke that gather before their pages are written: a page that goes on later gets a second row."""


@dataclass(frozen=True)
class Source:
    """Where imported data come from: the dataset card repeats it."""

    name: str
    licence: str
    homepage: str
    notice: str


@dataclass
class ImportReport:
    """What an import read; `bad` counts the records that were left out, by reason."""

    bokes: int
    photos: int
    bad: Counter[str]

    def __str__(self) -> str:
        bad = "".join(f"; {count:,} {reason}" for reason, count in self.bad.most_common())
        return f"{self.bokes:,} boke and {self.photos:,} photos imported{bad}"


class ImportWriter:
    """Gathers boke by page and photos by address, and writes them as shards.

    Args:
        directory: data/<pipeline>/crawl. Photos that are there already are not read again.
        layout: the importer's name, for the column `layout`.
        source: added to sources.json when the import ends well.
    """

    def __init__(self, directory: Path, layout: str, source: Source) -> None:
        self._directory, self._layout, self._source = directory, layout, source
        self.report = ImportReport(0, 0, Counter())
        self._now = datetime.now(UTC)
        self._forgotten = Forgotten.load(directory.parent).filter()
        self._seen = _addresses(directory)
        self._missing: dict[str, str] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        self._pending_bokes = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._progress = self._open.enter_context(Progress("import", None, "boke"))
        self._pages = self._open.enter_context(ShardWriter(self._directory / "pages", "import", PAGES))
        self._images = self._open.enter_context(ShardWriter(self._directory / "images", "import", IMAGES))
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            if kind is None:
                self._flush()
                # Only now: a photo that one record lacks, another may have.
                for url, reason in self._missing.items():
                    self._append_image(url, {"outcome": "missing", "error": reason})
        finally:
            self._open.__exit__(kind, error, traceback)
        if kind is None:
            self._note_source()

    def boke(self, page: Mapping[str, Any], boke: Mapping[str, Any]) -> None:
        """Add one boke to its page, which is identified by its `url`."""
        row = self._pending.setdefault(page["url"], {**page, "bokes": []})
        row["bokes"].append(boke)
        self.report.bokes += 1
        self._progress.advance()
        self._pending_bokes += 1
        if self._pending_bokes >= _FLUSH_BOKES:
            self._flush()

    def photo(self, url: str, path: Path, within: Path) -> None:
        """Add the photo at `path`, unless its address was added before; a missing one gets a row, too.

        Args:
            within: the folder that `path` may not lead out of: a record could name any file of this machine.
        """
        if url in self._seen:
            return
        if problem := _problem(path, within):
            self._missing.setdefault(url, problem)
        else:
            self._missing.pop(url, None)
            self._seen.add(url)
            self._append_image(url, _examine(path))

    def bad(self, reason: str) -> None:
        """Count a record that is left out."""
        self.report.bad[reason] += 1

    def _append_image(self, url: str, values: Mapping[str, Any]) -> None:
        row = {"url": url, "status": None, "fetched_at": self._now, **values}
        self._images.append(self._forgotten.image(row))
        if row["outcome"] == "ok":
            self.report.photos += 1
        else:
            self.bad(f"photos {row['outcome']}")

    def _flush(self) -> None:
        for page in self._pending.values():
            row = {"layout": self._layout, "outcome": "ok", "fetched_at": self._now, "links": [], **page}
            self._pages.append(self._forgotten.page(row))
        self._pending, self._pending_bokes = {}, 0

    def _note_source(self) -> None:
        path = self._directory / SOURCES
        others = [entry for entry in read_sources(self._directory) if entry["name"] != self._source.name]
        write_json(path, [*others, {**asdict(self._source), "imported_at": self._now.isoformat()}])


def read_sources(directory: Path) -> list[dict[str, str]]:
    """Return the sources of the data that were imported into a crawl's directory; none if none were."""
    path = directory / SOURCES
    try:
        return [{key: str(value) for key, value in source.items()} for source in read_json(path)]
    except FileNotFoundError:
        return []
    except (AttributeError, TypeError) as error:
        raise DamagedFile(path, f"not a list of sources ({error})") from error


def existing(source: Path, what: str) -> Path:
    """Return `source` if it exists.

    Args:
        what: what `source` should be, for the message.

    Raises:
        UserError: it does not exist.
    """
    if not source.exists():
        raise UserError(f"{source} is not there. Name {what}")
    return source


def _problem(path: Path, within: Path) -> str | None:
    """Return why there is no photo at `path`; None if there is a file."""
    try:
        if not path.resolve().is_relative_to(within.resolve()):
            return f"its path leads out of {within.name}"
        return None if path.is_file() else f"{path.name} is missing in {within.name}"
    except (OSError, ValueError):  # too long, or with a character that no name may have
        return f"its name cannot be that of a file in {within.name}"


def _examine(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_PHOTO_BYTES:
        return {"outcome": "error", "error": f"{path.stat().st_size:,} bytes, more than {MAX_PHOTO_BYTES:,}"}
    try:
        content = path.read_bytes()
        return {"outcome": "ok", "bytes": content, **vars(describe(content))}
    except (ValueError, OSError) as error:
        return {"outcome": "error", "error": str(error)}


def _addresses(directory: Path) -> set[str]:
    """Return the addresses of the photos that the tables have already."""
    known: set[str] = set()
    for path in shard_paths(directory / "images"):
        table = pq.read_table(path, columns=["url", "outcome"], filters=[("outcome", "in", ["ok", "denied"])])
        known.update(table["url"].to_pylist())
    return known
