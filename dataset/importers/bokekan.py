"""Imports ボケ缶, the "cans" that the site's operator published: zip files with boke.csv and images/*.jpg.

Source: the samples that go with them (aws-samples/bokete-denshosen, 2022): columns, and
photos' paths, which begin with a slash.
"""

from collections.abc import Iterable
from pathlib import Path

from dataset.importers.photo_files import UNREADABLE, Member, Members, PhotoFiles
from dataset.importers.tables import ImportReport, ImportWriter, existing
from dataset.importers.text_files import Table, decode
from dataset.importers.values import is_nothing, moment, number, text
from store.errors import Unexpected, UserError
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
MAX_TABLE_BYTES = 2**31
"""All cans of 1.1 million boke have a quarter of this."""
NEEDED = ("id", "odai_id", "odai_photo_url", "text")


def read(source: Path, directory: Path, room: Room | None = None) -> ImportReport:
    """Import the can, or the folder of cans, at `source` into the crawl tables of `directory`.

    A can is a zip file, or the folder that it unpacks to. Records and values that cannot be read are counted
    and left out. Users' ids and names are not read. Dates without a time zone are in Japan's.

    Raises:
        UserError: `source` is not there, or holds no boke.csv.
        Unexpected: nothing could be read of it, or no photo was found.
        TooLittleRoom: the disk has less free than `room` says.
    """
    existing(source, "a can of ボケ缶 (a zip file), the folder that it unpacks to, or a folder of cans")
    if source.name.lower().endswith((".csv", ".tsv")):
        source = source.parent
    with Members(source) as members:
        cans = members.named("boke.csv", "boke.tsv")
        if not cans:
            raise UserError(
                f"{source} holds no boke.csv. Name a can of ボケ缶, or the folder of all cans"
                + "".join(f"; {reason}" for reason in members.refused)
            )
        columns: dict[str, list[str]] = {}
        seen: list[str] = []
        describe = lambda: _found(columns, seen, members)  # noqa: E731
        with ImportWriter(directory, "bokekan", SOURCE, describe, room) as writer:
            for can in cans:
                photos = PhotoFiles(members, can)
                seen += photos.examples()
                columns[can.name] = _read_can(can, photos, writer)
    return writer.report


def _found(columns: dict[str, list[str]], seen: list[str], members: Members) -> Iterable[str]:
    """Say what the cans have, and what a can should have."""
    for name, names in columns.items():
        yield f"{name} has the columns {', '.join(names) or 'none'}."
    yield f"Needed are {', '.join(NEEDED)}. Files beside it: {', '.join(seen[:5]) or 'none'}."
    yield from (f"{reason}." for reason in members.refused)


def _read_can(can: Member, photos: PhotoFiles, writer: ImportWriter) -> list[str]:
    """Read one boke.csv; return its columns."""
    table = Table(decode(_content(can)), COLUMNS, key="id")
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


def _content(can: Member) -> bytes:
    try:
        content = can.read(MAX_TABLE_BYTES + 1)
    except UNREADABLE as error:
        raise Unexpected(f"{can.path} cannot be read: {error}. Fetch it anew") from error
    if len(content) > MAX_TABLE_BYTES:
        raise Unexpected(f"{can.name} has more than {MAX_TABLE_BYTES:,} bytes. Split it into several cans")
    return content


def _add(record: dict[str, str], photos: PhotoFiles, writer: ImportWriter) -> None:
    boke_id, odai_id = (writer.value(number, record, column) for column in ("id", "odai_id"))
    written = record["odai_photo_url"]
    if boke_id is None or odai_id is None or is_nothing(written):
        return writer.bad("records without id, odai or photo")
    photo_id = writer.value(text, record, "odai_photo_id")
    url = f"bokekan:photo/{photo_id or odai_id}"
    labels = [label for label in (writer.value(text, record, "labels") or "").split("/") if label]
    page = {"url": f"{SITE}/odai/{odai_id}", "odai_id": odai_id, "image_url": url, "labels": labels}
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
    writer.photo(url, lambda: photos.find(written))
