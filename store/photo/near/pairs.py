"""Finds views of photos whose hashes differ in a few bits, in time that grows with their number."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

_BITS = 64
_SHARED = 2
"""So many blocks of a hash make a key."""
_CROWDED = 128
"""Where more views have one key, more bits are added to it: else each would be compared with all of them. A
dozen copies of one photo are not yet so many: of these, more bits tell nothing apart."""
_FINER = 2
"""So often at most: those that are still together are copies, or pictures of one pattern."""
_BUCKET = 256
"""Of views with one key so many are looked at in the end."""
_SAME = 8
"""Of photos with one hash so many are looked at: their other copies are near to those."""
_ENOUGH = 32
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
    nothing = np.empty(0, np.int64)
    kept, found, told = _thinned(hashes), [nothing], nothing
    keys = [sum(chosen) for chosen in combinations(_blocks(2**_BITS - 1, bits + _SHARED), _SHARED)]
    for number, key in enumerate(keys):
        new = [
            _near(hashes, owner, bits, *pairs)
            for pairs in _sharing(hashes, kept, asking, key, bits, keys[:number])
        ]
        found += [one * len(hashes) + other for one, other in new]
        told = np.unique(np.concatenate([told, *(one * len(hashes) + owner[other] for one, other in new)]))
        views, counts = np.unique(told // max(len(hashes), 1), return_counts=True)
        asking = np.setdiff1d(asking, views[counts >= _ENOUGH])
    pairs = np.unique(np.concatenate(found))
    return _nearest(hashes, owner, pairs // len(hashes), pairs % len(hashes))


def _near(
    hashes: np.ndarray, photo: np.ndarray, bits: int, one: np.ndarray, other: np.ndarray, earlier: list[int]
) -> Pairs:
    """Return the pairs that are near, of two photos, and share none of the earlier keys."""
    chosen = (np.bitwise_count(hashes[one] ^ hashes[other]) <= bits) & (photo[one] != photo[other])
    one, other = one[chosen], other[chosen]
    differ = hashes[one] ^ hashes[other]
    new = np.ones(len(one), bool)
    for key in earlier:
        new &= (differ & np.uint64(key)) != 0
    return one[new], other[new]


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
    hashes: np.ndarray,
    kept: np.ndarray,
    asking: np.ndarray,
    key: int,
    bits: int,
    earlier: list[int],
    finer: int = _FINER,
) -> Iterator[tuple[np.ndarray, np.ndarray, list[int]]]:
    """Yield views that ask, those that equal them in the bits of `key`, and the keys that came before."""
    there, asks = _by_key(hashes, kept, key), _by_key(hashes, asking, key)
    first = np.searchsorted(there, asks & ~_PLACE, side="left")
    counts = np.searchsorted(there, asks | _PLACE, side="right") - first
    crowded = counts > (_CROWDED if finer else len(there))
    if crowded.any():
        starts, of = np.unique(first[crowded], return_index=True)
        crowd, more = _place(there[_ranges(starts, counts[crowded][of])]), _place(asks[crowded])
        keys = [key | block for block in _blocks((2**_BITS - 1) ^ key, bits + 1)]
        for number, one in enumerate(keys):
            yield from _sharing(hashes, crowd, more, one, bits, earlier + keys[:number], finer - 1)
        asks, first, counts = (each[~crowded] for each in (asks, first, counts))
    counts = np.minimum(counts, _BUCKET)
    for start in range(0, len(asks), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        places = _place(there[_ranges(first[some], counts[some])])
        yield np.repeat(_place(asks[some]), counts[some]), places, earlier


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
