"""Says which photos are near copies of each other: hashes propose, a second look decides."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.photo.near.kept import KeptLooks, Views
from store.photo.near.look import Look
from store.photo.near.packed import views_of
from store.photo.near.pairs import near_hashes
from store.photo.near.second_look import ALIKE, alike

_LOOKS_AT_A_PAIR = 2
"""So many of the views that two photos share are compared, those with the nearest hashes."""


def near_copies(
    kept: KeptLooks, among: pa.Array, bits: int, of: pa.Array | None = None
) -> list[tuple[str, str]]:
    """Return pairs of photos that show the same, mirrored, turned, framed, cut a little, or saved anew.

    Args:
        kept: what the photos look like. One that is not kept, or is blank, is near to none.
        among: the sha256 of the photos.
        bits: how many bits of 64 the hashes of two views may differ in.
        of: only pairs with one of these.

    Returns:
        Each pair once, the lesser sha256 first.
    """
    views = kept.views(among)
    one, other = _proposed(views, bits)
    if of is not None:
        wanted = pc.is_in(views.sha256, of).to_numpy(zero_copy_only=False)
        chosen = wanted[views.photo[one]] | wanted[views.photo[other]]
        one, other = one[chosen], other[chosen]
    photos, places = np.unique(views.photo[np.stack([one, other])], return_inverse=True)
    small = kept.small(views.sha256.take(pa.array(photos)))
    views_of = np.stack([one, other])
    same = alike(small, places.reshape(2, -1), views.box[views_of], views.pose[views_of]) >= ALIKE
    pairs = np.unique(np.sort(views.photo[views_of[:, same]], axis=0), axis=1)
    names = [views.sha256.take(pa.array(row)).to_pylist() for row in pairs]
    return list(zip(*names, strict=True))


def _proposed(views: Views, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places of views of two photos each, of which one asks; at most _LOOKS_AT_A_PAIR a pair."""
    one, other = near_hashes(views.hash, np.flatnonzero(views.asks), bits, views.photo)
    photos = np.sort(np.stack([views.photo[one], views.photo[other]]), axis=0)
    pair = photos[0].astype(np.int64) * len(views.sha256) + photos[1]
    order = np.lexsort((np.bitwise_count(views.hash[one] ^ views.hash[other]), pair))
    pair = pair[order]
    nth = np.arange(len(pair)) - np.searchsorted(pair, pair, side="left")
    chosen = order[nth < _LOOKS_AT_A_PAIR]
    return one[chosen], other[chosen]


def copies_of(look: Look, kept: KeptLooks, among: pa.Array, bits: int) -> list[str]:
    """Return the kept photos that show the same as another photo, which is not kept, as `near_copies` tells.

    Every view is compared with every one of the photo's, some ten: that is sooner done than tables of keys.

    Args:
        look: the other photo's.
        among: the sha256 of the photos that it may be near to.

    Returns:
        Their sha256, sorted.
    """
    views, asked = kept.views(among), views_of(look)
    apart = np.bitwise_count(asked["hash"][:, None] ^ views.hash)  # (its views, V)
    own, other = np.nonzero((apart <= bits) & (asked["asks"][:, None] | views.asks))
    order = np.lexsort((apart[own, other], views.photo[other]))
    photo = views.photo[other][order]
    chosen = order[np.arange(len(order)) - np.searchsorted(photo, photo, side="left") < _LOOKS_AT_A_PAIR]
    own, other = own[chosen], other[chosen]
    photos, places = np.unique(views.photo[other], return_inverse=True)
    names = views.sha256.take(pa.array(photos))
    small = np.concatenate([look.small[None], kept.small(names)])
    pairs = np.stack([np.zeros_like(places), places + 1])
    boxes, poses = (np.stack([asked[name][own], getattr(views, name)[other]]) for name in ("box", "pose"))
    same = alike(small, pairs, boxes, poses) >= ALIKE
    found: list[str] = names.take(pa.array(np.unique(places[same]))).to_pylist()
    return sorted(found)
