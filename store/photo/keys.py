"""The key of a photo: the SHA-256 of its bytes, in hex. Files are named by it, so nothing else is one."""

from pathlib import Path

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


def odd_key(path: Path, key: str) -> DamagedFile:
    """Return what is said of a key that is no SHA-256."""
    return DamagedFile(path, f"column 'sha256' holds {key[:80]!r}, which is no SHA-256", REMEDY)
