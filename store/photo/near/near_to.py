"""Says which photos are near copies of some: as a build sees them, or by pHash where none has."""

import re
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.photo.near.copies import near_copies
from store.photo.near.kept import KeptLooks


class NearTo(NamedTuple):
    """The near copies of some photos.

    Args:
        copies: of each photo that has some, their sha256.
        unseen: the photos, of all that were compared, whose looks are not kept: to these pHash alone tells.
    """

    copies: dict[str, set[str]]
    unseen: set[str]


def near_to(kept: KeptLooks, photos: pa.Table, of: Collection[str], bits: int) -> NearTo:
    """Return the near copies of photos.

    Two photos that are kept are compared as a build compares them; where one is not, their pHashes are. These
    tell scaled copies and those that were saved anew, but no others, and take pictures without content for
    copies of each other.

    Args:
        kept: what the photos of earlier builds look like.
        photos: sha256 and phash (16 hex digits; others count for nothing) of all photos; one may stand twice.
        of: the sha256 of the photos whose copies are asked for.
        bits: how many bits of 64 may differ.
    """
    names = photos["sha256"].combine_chunks()
    unseen = pc.invert(pc.is_in(names, kept.described()["sha256"])).to_numpy(zero_copy_only=False)
    asked, copies = set(of), defaultdict(set)
    for pair in near_copies(kept, names, bits, pa.array(sorted(asked), pa.string())):
        for one, other in (pair, pair[::-1]):
            if one in asked:
                copies[one].add(other)
    hashes, has_hash = _hashes(photos["phash"])
    is_asked = pc.is_in(names, pa.array(asked, pa.string())).to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(has_hash & is_asked):
        near = np.bitwise_count(hashes ^ hashes[place]) <= bits
        chosen = near & has_hash & (unseen | unseen[place])
        one = names[place].as_py()
        if others := set(names.filter(pa.array(chosen)).to_pylist()) - {one}:
            copies[one] |= others
    return NearTo(dict(copies), set(names.filter(pa.array(unseen & has_hash)).to_pylist()))


def _hashes(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return pHashes as numbers (N,) uint64, and which photos have one, (N,) bool."""
    texts = [text if text and re.fullmatch("[0-9a-fA-F]{16}", text) else None for text in column.to_pylist()]
    hashes = np.array([int(text or "0", 16) for text in texts], np.uint64)
    return hashes, np.array([text is not None for text in texts], bool)
