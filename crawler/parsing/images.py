"""Turns a photo's bytes into its row of the images table; nothing raises."""

import hashlib
from datetime import datetime

from crawler.items import PhotoRow
from store.photo.description import describe
from store.photo.errors import OutsideLimits, UnusablePhoto
from store.photo.metadata.rights import rights_of
from store.schema import IMAGES

_SMALL = 256 * 1024
_JPEG, _SCAN = b"\xff\xd8\xff", b"\xff\xda"


def decodes_quickly(content: bytes) -> bool:
    """Tell whether bytes decode within milliseconds, or within half a second if they are hostile.

    That holds for a small JPEG with one scan. Handing it to a thread takes as long as decoding it, since
    thread and reactor share Python's lock. Other files of a few kilobytes (a JPEG with thousands of scans,
    say) can keep a decoder busy for minutes.
    """
    if len(content) > _SMALL or not content.startswith(_JPEG):
        return False
    return content.find(_SCAN) == content.rfind(_SCAN)


def photo_row(content: bytes, url: str, fetched_at: datetime, status: int | None = None) -> PhotoRow:
    """Return the row of the images table for one photo.

    Bytes that are not a whole photo give a row with the outcome `error`, the reason and their hash, but
    without the bytes. Those of a photo whose metadata forbid to train on it are `denied`: as with any other
    opt-out, neither bytes nor hash are kept.
    """
    row = row_without_photo(url, fetched_at, status, "ok", None)
    try:
        photo = describe(content)
    except UnusablePhoto as error:
        row.is_whole = isinstance(error, OutsideLimits)
        row.update(outcome="error", error=str(error), sha256=hashlib.sha256(content).hexdigest())
        return row
    row.is_whole = True
    rights = rights_of(content)
    if rights.refusal:
        row.update(outcome="denied", error=rights.refusal)
        return row
    row.update(sha256=photo.sha256, width=photo.width, height=photo.height, format=photo.format)
    row.update(bytes=content, phash=photo.phash, rights=rights.row())
    return row


def row_without_photo(
    url: str, fetched_at: datetime, status: int | None, outcome: str, error: str | None
) -> PhotoRow:
    """Return a row of the images table without a photo: only what became of its address."""
    row = PhotoRow(url=url, fetched_at=fetched_at, status=status, outcome=outcome, error=error)
    row.update(dict.fromkeys(name for name in IMAGES.names if name not in row))
    return row
