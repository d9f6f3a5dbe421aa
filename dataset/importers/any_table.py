"""Imports a table of one's own: a CSV or JSON file with a row a caption, beside the photos that it names.

Its columns have the names of `bokeru export --format pairs`, so that an export comes back in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from dataset.importers.json_values import samples
from dataset.importers.photo_files import UNREADABLE, Member, Members, PhotoFiles
from dataset.importers.tables import ImportReport, ImportWriter, existing
from dataset.importers.text_files import Table, decode
from dataset.importers.values import Unreadable, is_nothing, label, moment, number, text
from dataset.rights.licences import spdx
from store.errors import Unexpected, UserError
from store.processes.room import Room
from store.register.sources import Source

DELIMITED, JSON = (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")
IMAGE, TEXT = ("image", "file_name", "photo", "path"), ("text", "caption")
"""Names of the two columns that are needed; the first one that is there counts."""
OTHERS = (
    *("boke_id", "odai_id", "stars", "raters", "category", "posted", "labels"),
    *("licence", "photo_licence", "credit"),
)
MAX_BYTES = 2**30
SOURCE = Source(
    name="table",
    licence="as each row says",
    homepage="",
    notice="A table of the user's own, with photos.",
)


def read(source: Path, directory: Path, room: Room | None = None) -> ImportReport:
    """Import the table `source` with the photos beside it into the crawl tables of `directory`.

    Raises:
        UserError: `source` is not there, or is no such table.
        Unexpected: nothing could be read of it, or no photo was found.
        TooLittleRoom: the disk has less free than `room` says.
    """
    kinds = ", ".join((*DELIMITED, *JSON))
    existing(source, f"a table ({kinds}) that lies beside its photos")
    if source.is_dir() or not source.name.lower().endswith((*DELIMITED, *JSON)):
        raise UserError(f"{source} is no table that is read here. Name a file that ends in one of {kinds}")
    with Members(source.parent) as members:
        (file,) = (member for member in members.all if member.path == source and member.archive is None)
        photos, columns = PhotoFiles(members, file), Counter[str]()
        describe = partial(_found, columns, photos, members)
        with ImportWriter(directory, "table", SOURCE, describe, room) as writer:
            rows = _Rows(source, photos, writer)
            for record in _records(file, columns):
                columns.update(list(record or ()))
                with writer.record():
                    rows.add(record)
    return writer.report


def _found(columns: Counter[str], photos: PhotoFiles, members: Members) -> Iterable[str]:
    """Say what the table has, and what it should have."""
    names = ", ".join(name[:30] for name, _ in columns.most_common(30))
    yield f"The columns are {names or 'none'}; needed are"
    yield f"image and text. Files beside them: {', '.join(photos.examples(5)) or 'none'}."
    yield from (f"{reason}." for reason in members.refused)


def _records(file: Member, columns: Counter[str]) -> Iterator[Mapping[str, Any] | None]:
    """Yield the rows, their columns in small letters; None for what is none.

    Args:
        columns: gets the names in the first line, also of a table without rows.

    Raises:
        Unexpected: the file cannot be read.
    """
    try:
        content = decode(file.read_all(MAX_BYTES))
    except UNREADABLE as error:
        raise Unexpected(f"{file.path} cannot be read: {error}") from error
    if file.name.lower().endswith(DELIMITED):
        table = Table(content, (*IMAGE, *TEXT, *OTHERS), key=None)
        columns.update(dict.fromkeys(table.columns, 0))
        yield from table.records()
        return
    for sample in samples(content):
        yield (
            {str(name).lower(): value for name, value in sample.items()} if isinstance(sample, dict) else None
        )


class _Rows:
    """Hands rows on as boke with their photos.

    Args:
        source: the table. Two tables may each have a photo 1.jpg: a photo's address holds a digest of the
            table's folder, and no path of this machine.
    """

    def __init__(self, source: Path, photos: PhotoFiles, writer: ImportWriter) -> None:
        self._photos, self._writer = photos, writer
        self._place = f"table:{_digest(str(source.resolve().parent))}"

    def add(self, record: Mapping[str, Any] | None) -> None:
        """Add one row; what is none, or lacks photo or text, is counted."""
        writer = self._writer
        if record is None:
            return writer.bad("lines that are no row")
        image, caption = _first(record, IMAGE), _first(record, TEXT)
        if is_nothing(image) or not isinstance(caption, str):
            return writer.bad("rows without image or text")
        name = label(image) or ""
        url = f"{self._place}/{name}"
        odai_id = writer.value(number, record, "odai_id")
        if odai_id is None:  # the photo is an odai of its own: labels and category belong to odai
            odai_id = int(_digest(url), 16)
        licence = spdx(writer.value(text, record, "licence"))
        boke = {
            "boke_id": writer.value(number, record, "boke_id"),
            "odai_id": odai_id,
            "image_url": url,
            "text": caption,
            "stars": writer.value(number, record, "stars"),
            "raters": writer.value(number, record, "raters"),
            "category": writer.value(text, record, "category"),
            "posted": writer.value(moment, record, "posted"),
        }
        labels = writer.value(_labels, record, "labels")
        # A page has one licence: that of its captions.
        page = {"url": f"{self._place}/odai/{odai_id}#{licence or ''}", "odai_id": odai_id, "image_url": url}
        writer.boke({**page, "labels": labels or []}, boke, licence=licence)
        told = {name: writer.value(text, record, name) for name in ("photo_licence", "credit")}
        writer.photo(
            url,
            lambda: self._photos.find(name),
            licence=spdx(told["photo_licence"]),
            credit=told["credit"],
        )


def _first(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((record[name] for name in names if name in record), None)


def _labels(value: object) -> list[str]:
    """Return labels: a list in JSON, elsewhere words between slashes.

    Raises:
        Unreadable: it is neither.
    """
    if isinstance(value, list):
        if not all(isinstance(one, str) for one in value):
            raise Unreadable(value)
        return value
    return [one for part in (text(value) or "").split("/") if (one := part.strip())]


def _digest(words: str) -> str:
    """Return 12 hexadecimal digits: a number that JSON keeps exactly."""
    return blake2b(words.encode(), digest_size=6).hexdigest()
