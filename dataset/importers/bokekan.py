"""Imports ボケ缶, the "cans" that the site's operator published: zip files with boke.csv and images/*.jpg.

Source: the samples that go with them (aws-samples/bokete-denshosen, 2022): columns, and
photos' paths, which begin with a slash.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from dataset.importers.photo_files import UNREADABLE, Member, Members, PhotoFiles
from dataset.importers.tables import ImportReport, ImportWriter, existing
from dataset.importers.text_files import Table, decode
from dataset.importers.values import is_nothing, label, moment, number, text
from store.processes.room import Room
from store.register.sources import Source

SITE = "https://bokete.jp"
COLUMNS = [
    "id",
    "odai_id",
    "odai_photo_id",
    "odai_photo_url",
    "odai_user_id",
    "odai_photo_by",
    "boke_user_id",
    "text",
    "category",
    "posted_at",
    "rate_sum",
    "rate_count",
    "labels",
]
SOURCE = Source(
    name="bokekan",
    licence="photos CC BY 2.0; captions under the terms that came with the cans",
    homepage=SITE,
    notice="ボケ缶, published by the operator of bokete. User names and ids were left out.",
)
PHOTO_LICENCE = "CC-BY-2.0"
"""Under which its photos were published; `odai_photo_by` names the photographer, whom it asks to credit. The
captions' terms came with the cans, and are not known here."""
MAX_TABLE_BYTES = 2**30
"""All cans of 1.1 million boke have half of this."""
_SHOWN = 30
"""The most columns that a message names, and the most characters of each."""
NEEDED = ("id", "odai_id", "odai_photo_url", "text")


def read(source: Path, directory: Path, room: Room | None = None) -> ImportReport:
    """Import the can, or the folder of cans, at `source` into the crawl tables of `directory`.

    A can is a zip file, or the folder that it unpacks to. Records and values that cannot be read are counted
    and left out. Users' ids and names are not read; a photographer's name
    is, since the licence asks for it. Dates without a time zone are in Japan's.

    Raises:
        UserError: `source` is not there.
        Unexpected: it holds no boke.csv, nothing could be read of it, or no photo was found.
        TooLittleRoom: the disk has less free than `room` says.
    """
    existing(source, "a can of ボケ缶 (a zip file), the folder that it unpacks to, or a folder of cans")
    if source.name.lower().endswith((".csv", ".tsv")):
        source = source.parent
    with Members(source) as members:
        cans = members.named("boke.csv", "boke.tsv")
        if not cans:
            raise members.without("boke.csv", "Name a can of ボケ缶, or the folder of all cans")
        columns: dict[str, list[str]] = {}
        seen: list[str] = []
        describe = partial(_found, columns, seen, members)
        with ImportWriter(directory, "bokekan", SOURCE, describe, room) as writer:
            for can in cans:
                photos = PhotoFiles(members, can)
                seen += photos.examples()
                columns[can.name] = _read_can(can, photos, members, writer)
    return writer.report


def _found(columns: dict[str, list[str]], seen: list[str], members: Members) -> Iterable[str]:
    """Say what the cans have, and what a can should have."""
    for name, names in columns.items():
        shown = [column[:_SHOWN] for column in names[:_SHOWN]]
        yield f"{name} has the columns {', '.join(shown) or 'none'}."
    yield f"Needed are {', '.join(NEEDED)}. Files beside it: {', '.join(seen[:5]) or 'none'}."
    yield from (f"{reason}." for reason in members.refused)


def _read_can(can: Member, photos: PhotoFiles, members: Members, writer: ImportWriter) -> list[str]:
    """Read one boke.csv; return its columns."""
    try:
        table = Table(decode(can.read_all(MAX_TABLE_BYTES)), COLUMNS, key="id")
    except UNREADABLE as error:
        members.refused.append(f"{can.name} in {can.path.name} cannot be read: {error}")
        writer.bad("files that cannot be read")
        return []
    if not set(NEEDED) <= set(table.columns):
        writer.bad("files without the columns of a boke.csv")
        return table.columns
    for record in table.records():
        if record is None:
            writer.bad("lines that are no record")
        else:
            with writer.record():
                _add(record, photos, writer)
    return table.columns


def _add(record: dict[str, str], photos: PhotoFiles, writer: ImportWriter) -> None:
    boke_id, odai_id = (writer.value(number, record, column) for column in ("id", "odai_id"))
    written = record["odai_photo_url"]
    if boke_id is None or odai_id is None or is_nothing(written):
        return writer.bad("records without id, odai or photo")
    photo_id = writer.value(label, record, "odai_photo_id")
    url = f"bokekan:photo/{photo_id or odai_id}"
    labels = [label for label in (writer.value(text, record, "labels") or "").split("/") if label]
    page = {"url": f"{SITE}/odai/{odai_id}", "odai_id": odai_id, "image_url": url, "labels": labels}
    credit = writer.value(text, record, "odai_photo_by")
    boke = {
        "boke_id": boke_id,
        "odai_id": odai_id,
        "image_url": url,
        "text": record["text"],
        "stars": writer.value(number, record, "rate_sum"),
        "raters": writer.value(number, record, "rate_count"),
        "category": writer.value(text, record, "category"),
        "posted": writer.value(moment, record, "posted_at"),
    }
    writer.boke(page, boke)
    writer.photo(url, lambda: photos.find(written), licence=PHOTO_LICENCE, credit=credit)
