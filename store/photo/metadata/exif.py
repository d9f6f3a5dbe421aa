"""EXIF: who made a photo, and whose it is; and the EXIF that holds an orientation alone."""

import struct
from contextlib import suppress

from store.photo.metadata.directory import Directories
from store.photo.metadata.words import plain, text_of

_ORIENTATION, _ARTIST, _COPYRIGHT, _XP_AUTHOR = 0x0112, 0x013B, 0x8298, 0x9C9D
_SHORT = 3


def rights(content: bytes) -> dict[str, str | None]:
    """Return creator and copyright, as the first directory of an EXIF block has them.

    Source: EXIF 3.0 (CIPA DC-008), 4.6.5: the photographer's copyright and the editor's are divided by a NUL.
    XPAuthor is Windows', in UTF-16.
    """
    found: dict[int, str | None] = {}
    with suppress(ValueError):
        directories = Directories(content)
        for tag in directories.tags(directories.first):
            if tag.number in (_ARTIST, _COPYRIGHT):
                parts = directories.bytes(tag).split(b"\0")
                found[tag.number] = plain("; ".join(filter(None, map(plain, map(text_of, parts[:2])))))
            elif tag.number == _XP_AUTHOR:
                found[tag.number] = plain(directories.bytes(tag).decode("utf-16-le", "replace"))
    return {"creator": found.get(_ARTIST) or found.get(_XP_AUTHOR), "copyright": found.get(_COPYRIGHT)}


def orientation_only(orientation: int) -> bytes:
    """Return EXIF that says how a photo is turned, and nothing else."""
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
