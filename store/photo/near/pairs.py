"""Finds views of photos whose hashes differ in a few bits, in time that grows with their number."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

_BITS = 64
_SHARED = 2
"""So many blocks of a hash make a key."""
_CROWDED = 32
"""Where more views have one key, more bits are added to it: else each would be compared with all of them."""
_FINER = 2
"""So often at most: those that are still together are copies, or pictures of one pattern."""
_BUCKET = 256
"""Of views with one key so many are looked at in the end."""
_SAME = 8
"""Of photos with one hash so many are looked at: their other copies are near to those."""
_ENOUGH = 64
"""A view that asks is told of so many photos at most: of strangers of one pattern there may be any number."""
_AT_ONCE = 100_000
"""Views that ask at once, so that what they find fits in memory."""
_PLACE = np.uint64(2**32 - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
"""An odd number whose products spread over the upper 32 bits (2**64 divided by the golden ratio)."""

Pairs = tuple[np.ndarray, np.ndarray]
"""Two arrays of one length: places of the views that ask, and of those that they found."""


def near_hashes(hashes: np.ndarray, asking: np.ndarray, bits: int, photo: np.ndarray | None = None) -> Pairs:
    """Return which views are near to those that ask: a view itself is none of them.

    Cut into `bits` + k blocks, two hashes that differ in `bits` bits are equal in at least k blocks. So only
    hashes that share the key that k blocks make are compared. Where many share one, as pictures of one
    pattern do, the other bits are cut alike, and each of these blocks makes the key finer.

    Args:
        hashes: (V,) uint64, in the order in which views of one hash are preferred; fewer than 2**32.
        asking: places of the views that ask.
        bits: how many bits may differ, 0 to 8.
        photo: (V,) int, whose view each is: views of one photo are not near to each other, if it is given.
    """
    owner = np.arange(len(hashes)) if photo is None else photo
    kept, pairs = _thinned(hashes), np.empty(0, np.int64)
    for blocks in combinations(_blocks(2**_BITS - 1, bits + _SHARED), _SHARED):
        found = [pairs]
        for one, other in _sharing(hashes, kept, asking, sum(blocks), bits):
            near = (np.bitwise_count(hashes[one] ^ hashes[other]) <= bits) & (owner[one] != owner[other])
            found.append(one[near] * len(hashes) + other[near])
        pairs = np.unique(np.concatenate(found))
        asking = _unanswered(asking, pairs // len(hashes), owner[pairs % len(hashes)])
    return _nearest(hashes, owner, pairs // len(hashes), pairs % len(hashes))


def _unanswered(asking: np.ndarray, one: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Return the views that ask and that were told of fewer than _ENOUGH photos."""
    photos = np.unique(one * (photo.max(initial=0) + 1) + photo) // (photo.max(initial=0) + 1)
    told, counts = np.unique(photos, return_counts=True)
    return np.setdiff1d(asking, told[counts >= _ENOUGH])


def _nearest(hashes: np.ndarray, photo: np.ndarray, one: np.ndarray, other: np.ndarray) -> Pairs:
    """Return pairs with the _ENOUGH photos whose hashes differ least, the first of equal ones."""
    apart = np.bitwise_count(hashes[one] ^ hashes[other])
    told = one * len(hashes) + photo[other]  # a view and a photo that it was told of
    order = np.lexsort((other, apart, told))
    best = order[np.unique(told[order], return_index=True)[1]]
    best = best[np.lexsort((other[best], apart[best], one[best]))]
    nth = np.arange(len(best)) - np.searchsorted(one[best], one[best], side="left")
    chosen = np.isin(told, told[best[nth < _ENOUGH]])
    return one[chosen], other[chosen]


def _thinned(hashes: np.ndarray) -> np.ndarray:
    """Return the places of views, of each hash the first _SAME."""
    order = np.argsort(hashes, kind="stable")
    starts = np.searchsorted(hashes[order], hashes[order], side="left")
    return order[np.arange(len(order)) - starts < _SAME]


def _blocks(bits: int, count: int) -> list[int]:
    """Return masks: the bits of a mask dealt out to `count` of them, as neighbours tell of each other."""
    places = [place for place in range(_BITS) if bits >> place & 1]
    return [sum(1 << place for place in places[first::count]) for first in range(count)]


def _sharing(
    hashes: np.ndarray, kept: np.ndarray, asking: np.ndarray, key: int, bits: int, finer: int = _FINER
) -> Iterator[Pairs]:
    """Yield views that ask and those that are equal to them in the bits of `key`."""
    there, asks = _by_key(hashes, kept, key), _by_key(hashes, asking, key)
    first = np.searchsorted(there, asks & ~_PLACE, side="left")
    counts = np.searchsorted(there, asks | _PLACE, side="right") - first
    crowded = counts > (_CROWDED if finer else len(there))
    if crowded.any():
        starts, of = np.unique(first[crowded], return_index=True)
        crowd = _place(there[_ranges(starts, counts[crowded][of])])
        for block in _blocks((2**_BITS - 1) ^ key, bits + 1):
            yield from _sharing(hashes, crowd, _place(asks[crowded]), key | block, bits, finer - 1)
        asks, first, counts = (each[~crowded] for each in (asks, first, counts))
    counts = np.minimum(counts, _BUCKET)
    for start in range(0, len(asks), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        yield (
            np.repeat(_place(asks[some]), counts[some]),
            _place(there[_ranges(first[some], counts[some])]),
        )


def _by_key(hashes: np.ndarray, places: np.ndarray, key: int) -> np.ndarray:
    """Return views as numbers, sorted: 32 bits that those of one key share, then 32 of the place."""
    mixed = (hashes[places] & np.uint64(key)) * _MIX  # other keys may share them, too: each pair is compared
    return np.sort((mixed & ~_PLACE) | places.astype(np.uint64))


def _place(numbers: np.ndarray) -> np.ndarray:
    return (numbers & _PLACE).astype(np.int64)


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return starts[0], starts[0] + 1, … of counts[0] numbers, then those of the next."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(counts.sum()) + np.repeat(starts - ends + counts, counts))
