"""The key of a photo: the SHA-256 of its bytes as they were fetched, in hex. Files are named by it."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from store.errors import DamagedFile

KEY = "[0-9a-f]{64}"
REMEDY = "Put the file back as it was made, or take that row out of it."


def check_keys(path: Path, keys: pa.ChunkedArray) -> None:
    """Check the form of the keys (n,) in a column of a file; null is none.

    Raises:
        DamagedFile: one is no SHA-256.
    """
    odd = keys.filter(pc.invert(pc.match_substring_regex(keys, f"^{KEY}$")))
    if len(odd):
        raise odd_key(path, odd[0].as_py())


def check_contents(path: Path, keys: Iterable[Any], photos: Iterable[Any]) -> None:
    """Check that photos in a file hash to their keys; about a gigabyte is read in a second.

    Args:
        path: the file.
        keys: (n,) Arrow strings: `sha256` of a crawl's photos, `image_sha256` of a dataset's, whose bytes may
            be others than were fetched. None says nothing.
        photos: (n,) Arrow binaries; one without bytes is passed over.

    Raises:
        DamagedFile: one does not.
    """
    for key, photo in zip(keys, photos, strict=True):
        content = photo.as_buffer()
        if content and key.is_valid and (found := sha256(content).hexdigest()) != key.as_py():
            raise DamagedFile(path, f"photo {key.as_py()} has bytes that hash to {found}", REMEDY)


def odd_key(path: Path, key: str) -> DamagedFile:
    """Return what is said of a key that is no SHA-256."""
    return DamagedFile(path, f"column 'sha256' holds {key[:80]!r}, which is no SHA-256", REMEDY)
