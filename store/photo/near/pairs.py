"""Finds views of photos whose hashes differ in a few bits, in time that grows with their number."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

_BITS = 64
_MOST_KEPT = 3
"""So many blocks that two hashes must share are enough for a few million views."""
_BUCKET = 256
"""Of views with one key so many are looked at: more than that are pictures of one pattern."""
_SAME = 8
"""Of photos with one hash so many are looked at: their other copies are near to those."""

Pairs = tuple[np.ndarray, np.ndarray]
"""Two arrays of one length: places of the views that ask, and of those that they found."""


def near_hashes(hashes: np.ndarray, asking: np.ndarray, bits: int) -> Pairs:
    """Return which views are near to those that ask: a view itself is none of them.

    Cut into `bits` + k blocks, two hashes that differ in `bits` bits are equal in at least k blocks. So only
    hashes that share k blocks are compared; k grows with the number of hashes, so that few do by chance.

    Args:
        hashes: (V,) uint64, in the order in which views of one hash are preferred.
        asking: places of the views that ask.
        bits: how many bits may differ, 0 to 8.
    """
    kept = _thinned(hashes)
    numbered = [_sharing(hashes, kept, asking, key, bits) for key in _keys(bits, len(kept))]
    pairs = np.unique(np.concatenate(numbered))
    return pairs // len(hashes), pairs % len(hashes)


def _thinned(hashes: np.ndarray) -> np.ndarray:
    """Return the places of views, of each hash the first _SAME."""
    order = np.argsort(hashes, kind="stable")
    starts = np.searchsorted(hashes[order], hashes[order], side="left")
    return order[np.arange(len(order)) - starts < _SAME]


def _keys(bits: int, views: int) -> Iterator[np.uint64]:
    """Yield masks: of any two hashes that differ in at most `bits` bits, one of them hides all of these."""
    kept = 1
    while kept < _MOST_KEPT and kept * (_BITS // (bits + kept)) < np.log2(max(views, 1)):
        kept += 1
    edges = np.linspace(0, _BITS, bits + kept + 1).astype(int)
    blocks = [((1 << int(end)) - 1) ^ ((1 << int(start)) - 1) for start, end in pairwise(edges)]
    for chosen in combinations(blocks, kept):
        yield np.uint64(sum(chosen))


def _sharing(
    hashes: np.ndarray, kept: np.ndarray, asking: np.ndarray, key: np.uint64, bits: int
) -> np.ndarray:
    """Return pairs, as numbers one * V + other, that are equal in the bits of `key` and nearly in all."""
    keys = hashes[kept] & key
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], kept[order]
    wanted = hashes[asking] & key
    first = np.searchsorted(keys, wanted, side="left")
    counts = np.minimum(np.searchsorted(keys, wanted, side="right") - first, _BUCKET)
    asks = np.repeat(np.arange(len(asking)), counts)
    within = np.arange(len(asks)) - np.repeat(np.cumsum(counts) - counts, counts)
    one, other = asking[asks], places[first[asks] + within]
    near = (np.bitwise_count(hashes[one] ^ hashes[other]) <= bits) & (one != other)
    return np.asarray(one[near] * len(hashes) + other[near])
