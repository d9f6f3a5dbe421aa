"""Imports ボケ缶, the "cans" that the site's operator published: folders with boke.csv and images/*.jpg."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from dataset.importers.tables import ImportReport, ImportWriter, Source, existing
from store.errors import UserError

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
JAPAN = timezone(timedelta(hours=9))
MAX_LINES = 200
"""The most lines of one record: a quote that is never closed must not swallow the rest of the file."""


def read(source: Path, directory: Path) -> ImportReport:
    """Import the can, or the folder of cans, at `source` into the crawl tables of `directory`.

    Records that cannot be read are counted and left out. Users' ids and names are not read. Dates without a
    time zone are in Japan's.

    Raises:
        UserError: there is no boke.csv.
    """
    cans = sorted(path.parent for path in existing(source, "a folder with boke.csv").rglob("boke.csv"))
    if not cans:
        raise UserError(f"{source} holds no boke.csv. Name a can of ボケ缶, or the folder of all cans")
    with ImportWriter(directory, "bokekan", SOURCE) as writer:
        for can in cans:
            for record in records(_decode((can / "boke.csv").read_bytes()), writer):
                _add(record, can, writer)
    return writer.report


def records(text: str, writer: ImportWriter) -> Iterator[dict[str, str]]:
    """Yield the records of a boke.csv; a line that starts no record is counted and skipped."""
    lines = list(io.StringIO(text, newline=""))
    header = next(csv.reader(lines[:1]), [])
    if "text" not in header or "id" not in header:
        writer.bad("files without the columns of a boke.csv")
        return
    at = 1
    while at < len(lines):
        record, length = _record(lines, at, header)
        if record is None:
            if lines[at].strip():
                writer.bad("lines that are no record")
            at += 1
        else:
            yield record
            at += length


def _record(lines: list[str], at: int, header: list[str]) -> tuple[dict[str, str] | None, int]:
    """Return the record that starts at line `at` and how many lines it takes, or None and 0."""
    joined, length = "", 0
    while at + length < len(lines) and length < MAX_LINES:
        joined += lines[at + length]
        length += 1
        # A record ends with the line at which all quotes are closed: captions contain line breaks.
        if joined.count('"') % 2 == 0:
            break
    try:
        [fields] = csv.reader([joined], strict=True)
    except (csv.Error, ValueError):
        return None, 0
    record = dict(zip(header, fields, strict=False))
    is_whole = len(fields) == len(header) and record["id"].strip().isdecimal()
    return (record, length) if is_whole else (None, 0)


def _add(record: dict[str, str], can: Path, writer: ImportWriter) -> None:
    boke_id, odai_id, photo = (
        _number(record["id"]),
        _number(record.get("odai_id")),
        record.get("odai_photo_url"),
    )
    if boke_id is None or odai_id is None or not photo:
        return writer.bad("records without id, odai or photo")
    url = f"bokekan:photo/{record.get('odai_photo_id') or odai_id}"
    labels = [label for label in record.get("labels", "").split("/") if label]
    page = {"url": f"{SITE}/odai/{odai_id}", "odai_id": odai_id, "image_url": url, "labels": labels}
    boke = {
        "boke_id": boke_id,
        "odai_id": odai_id,
        "image_url": url,
        "text": record["text"],
        "stars": _number(record.get("rate_sum")),
        "raters": _number(record.get("rate_count")),
        "category": record.get("category") or None,
        "posted": _time(record.get("posted_at", "")),
    }
    writer.boke(page, boke)
    writer.photo(url, can / photo, can)


def _decode(content: bytes) -> str:
    """Return the text of a CSV in UTF-8, with or without a BOM, or in cp932; unreadable bytes become U+FFFD.

    UTF-8 with a few broken bytes stays UTF-8: cp932 would read almost any bytes as something.
    """
    text = content.decode("utf-8-sig", errors="replace")
    foreign = sum(not character.isascii() for character in text)
    if text.count("\ufffd") * 4 <= foreign:
        return text
    return content.decode("cp932", errors="replace")


def _number(text: str | None) -> int | None:
    digits = (text or "").replace(",", "").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=JAPAN)).astimezone(UTC)
