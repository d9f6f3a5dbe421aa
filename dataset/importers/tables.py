"""Writes what an importer reads as a crawl's tables: each photo once, bad records counted by reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dataset.importers.photo_files import MAX_PHOTO_BYTES, UNREADABLE, Member, NoPhoto
from dataset.importers.values import Unreadable
from store.errors import Unexpected, UserError
from store.forget.forgotten import Forgotten
from store.manifest import marked
from store.photo.description import describe
from store.photo.metadata.rights import rights_of
from store.processes.lock import locked
from store.processes.room import Room
from store.progress import Progress
from store.register.listed import begin_list, list_files
from store.register.sources import Source, note_source
from store.register.stages import Stage
from store.schema import IMAGES, PAGES
from store.shard_reader import Shard, completed
from store.shards import ShardWriter, shard_paths
from store.whole_file import remove_leftovers

T = TypeVar("T")
_FLUSH_BOKES = 20_000
"""Boke that gather before their pages are written: a page that goes on later gets a second row."""


@dataclass
class ImportReport:
    """What an import read.

    `bad` counts the records that were left out, by reason; `unreadable` the values that were, by column.
    """

    bokes: int = 0
    photos: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    """One value of each column that could not be read."""

    def __str__(self) -> str:
        return f"{self.bokes:,} boke and {self.photos:,} photos imported" + "".join(
            f"; {text}" for text in self.left_out()
        )

    def left_out(self) -> Iterator[str]:
        """Yield what was left out, the commonest first."""
        for reason, count in self.bad.most_common():
            yield f"{count:,} {reason}"
        for column, count in self.unreadable.most_common():
            yield f"{count:,} values of {column} that could not be read, such as {self.examples[column]}"


class ImportWriter:
    """Gathers boke by page and photos by address, and writes them as shards.

    Args:
        directory: data/<pipeline>/crawl. Photos that are there already are not read again.
        layout: the importer's name, for the column `layout`.
        source: added to sources.json when the import ends well.
        found: says what there is, for the message where nothing of it could be read.
        room: what the import leaves free on the disk; None: nothing.

    Raises:
        UserError: on entering; a crawl, or another import, writes to the same tables.
        TooLittleRoom: on entering, and from any row: what is whole stays.
        Unexpected: on leaving; no boke could be read, or no photo was found. Nothing is written.
    """

    def __init__(
        self,
        directory: Path,
        layout: str,
        source: Source,
        found: Callable[[], Iterable[str]] = tuple,
        room: Room | None = None,
    ) -> None:
        self._directory, self._layout, self._source = directory, layout, source
        self._found, self._room = found, room
        self.report = ImportReport()
        self._now = datetime.now(UTC)
        self._brought_back: set[str] = set()
        self._missing: dict[str, str] = {}
        self._has_photo = self._has_ended = False
        self._pending: dict[str, dict[str, Any]] = {}
        self._pending_bokes = 0
        self._shards: list[Path] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        directory = self._directory
        with ExitStack() as opening:
            opening.enter_context(locked(directory / ".lock", f"is crawling {directory}"))
            for folder in (directory, directory / "pages", directory / "images"):
                remove_leftovers(folder)  # of an import that was killed
            if self._room:
                self._room.check()
            begin_list(Stage("crawl", directory))
            opening.callback(list_files, Stage("crawl", directory))
            opening.callback(self._note_source)  # once the shards are whole
            self._forgotten = Forgotten.load(directory.parent).filter()
            self._seen = _addresses(directory)
            self._progress = opening.enter_context(Progress("import", None, "boke"))
            self._pages = opening.enter_context(ShardWriter(directory / "pages", "import", marked(PAGES)))
            self._images = opening.enter_context(ShardWriter(directory / "images", "import", marked(IMAGES)))
            self._open = opening.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, traceback: Any) -> None:
        failure = self._failure() if kind is None else None
        try:
            if kind is None and failure is None:
                self._flush()
                # Only now: a photo that one record lacks, another may have.
                for url, reason in self._missing.items():
                    self._append_image(url, {"outcome": "missing", "error": reason})
        finally:
            if failure:
                self._discard()
            self._has_ended = kind is None and failure is None
            self._open.__exit__(kind, error, traceback)
        if failure:
            raise failure

    @contextmanager
    def record(self) -> Iterator[None]:
        """Read one record: whatever is wrong with it costs it alone, and is counted."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
            self.bad("records that could not be read")

    def value(self, read: Callable[[object], T | None], record: Mapping[str, Any], column: str) -> T | None:
        """Return a column of a record as `read` reads it; None, and counted, where that cannot be done."""
        try:
            return read(record.get(column))
        except Unreadable:
            self.report.unreadable[column] += 1
            self.report.examples.setdefault(column, repr(record[column])[:60])
            return None

    def boke(self, page: Mapping[str, Any], boke: Mapping[str, Any], *, licence: str | None = None) -> None:
        """Add one boke to its page, which is identified by its `url`.

        Args:
            licence: that of the captions, by its SPDX identifier; None where it is not known.
        """
        if self._pending_bokes >= _FLUSH_BOKES:
            self._flush()  # by now the photos of all of them were looked at
        row = self._pending.setdefault(page["url"], {**page, "licence": licence, "bokes": []})
        row["bokes"].append(boke)
        self.report.bokes += 1
        self._progress.advance()
        self._pending_bokes += 1

    def photo(
        self, url: str, find: Callable[[], Member], *, licence: str | None = None, credit: str | None = None
    ) -> None:
        """Add the photo that `find` finds, unless its address was added before. A missing one gets a row.

        Args:
            licence: the photo's, by its SPDX identifier; None where it is not known.
            credit: whom that licence asks to name.
        """
        if url in self._seen:
            self._has_photo = True
            return
        try:
            member = find()
        except NoPhoto as error:
            self._missing.setdefault(url, str(error))
            return
        self._missing.pop(url, None)
        self._seen.add(url)
        told = {"licence": licence, "credit": credit}
        # What a source says of a photo goes before what the photo says of itself.
        self._append_image(url, _examine(member) | {name: value for name, value in told.items() if value})

    def bad(self, reason: str) -> None:
        """Count a record that is left out."""
        self.report.bad[reason] += 1

    def _append_image(self, url: str, values: Mapping[str, Any]) -> None:
        row = {"url": url, "status": None, "fetched_at": self._now, "source": self._layout, **values}
        if self._forgotten.holds("photo", values.get("sha256")):
            self._brought_back.add(url)
        self._append(self._images, self._forgotten.image(row))
        if row["outcome"] == "ok":
            self.report.photos += 1
            self._has_photo = True
        else:
            self.bad(f"photos {row['outcome']}")

    def _append(self, writer: ShardWriter, row: Mapping[str, Any]) -> None:
        if self._room:
            self._room.check()
        if shard := writer.append(row):
            self._shards.append(shard)

    def _discard(self) -> None:
        """Take back all that was written: an import that found nothing must not look like one that did."""
        for writer in (self._pages, self._images):
            writer.discard()
        for shard in self._shards:
            shard.unlink()

    def _failure(self) -> Unexpected | None:
        """Return what is wrong with an import that would leave nothing to look at; None with any other."""
        left_out = "; ".join(self.report.left_out())
        found = " ".join(self._found())
        if not self.report.bokes:
            return Unexpected(f"no boke could be read ({left_out or 'there is no record'}). {found}")
        if not self._has_photo:
            reasons = "; ".join(list(dict.fromkeys(self._missing.values()))[:3]) or left_out
            return Unexpected(
                f"{self.report.bokes:,} boke, and none of their photos was found: {reasons}. {found}"
            )
        return None

    def _note_source(self) -> None:
        if self._has_ended:
            note_source(self._directory, self._source)

    def _flush(self) -> None:
        if self._brought_back:  # a forgotten photo at an address of its own: its captions go by that
            forgotten = Forgotten.load(self._directory.parent)
            forgotten.add("url", self._brought_back)
            forgotten.save(self._directory.parent)
            self._forgotten, self._brought_back = forgotten.filter(), set()
        for page in self._pending.values():
            told = {"layout": self._layout, "source": self._layout, "outcome": "ok"}
            row = {**told, "fetched_at": self._now, "links": [], **page}
            self._append(self._pages, self._forgotten.page(row))
        self._pending, self._pending_bokes = {}, 0


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


def _examine(member: Member) -> dict[str, Any]:
    try:
        content = member.read(MAX_PHOTO_BYTES + 1)
        if len(content) > MAX_PHOTO_BYTES:
            return {"outcome": "error", "error": f"more than {MAX_PHOTO_BYTES:,} bytes"}
        photo = describe(content)
    except UNREADABLE as error:
        return {"outcome": "error", "error": str(error)}
    rights = rights_of(content)
    if rights.refusal:
        return {"outcome": "denied", "error": rights.refusal}
    return {"outcome": "ok", "bytes": content, **vars(photo), "rights": rights.row()}


def _addresses(directory: Path) -> set[str]:
    """Return the addresses of the photos that the tables have already.

    Those that an earlier version imported, which did not say where they come from, are read again.
    """
    known: set[str] = set()
    for path in shard_paths(directory / "images"):
        with Shard(path, IMAGES) as shard:
            read = shard.read(["url", "outcome", "source"])
        rows = completed(read, pa.schema([IMAGES.field(name) for name in ("url", "outcome", "source")]))
        told = pc.and_(pc.equal(rows["outcome"], "ok"), pc.is_valid(rows["source"]))
        known.update(rows.filter(pc.or_(told, pc.equal(rows["outcome"], "denied")))["url"].to_pylist())
    return known
