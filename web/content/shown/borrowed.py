"""Whether a model's caption is one that people wrote for training photos, or has a part of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset.text.captions import normalise
from train.captions.pool import Neighbour
from web.content.catalogue import Catalogue
from web.content.shown.matching import Part

PHOTOS = 3
"""Photos that are named of those that have the whole caption."""


@dataclass(frozen=True)
class Borrowed:
    """A training photo with the caption of it that shares the longest part with a model's.

    Attributes:
        text: that caption in its parts, the shared one marked; empty where the photo has none that is shown.
        shared: how many characters they share, one after the other.
    """

    neighbour: Neighbour
    text: Sequence[Part]
    shared: int


@dataclass(frozen=True)
class Why:
    """What training photos have of a caption.

    Attributes:
        nearest: the photos that are nearest to the caption's, the nearest first.
        characters: of the caption.
        longest: of `nearest`, that which shares most; None where nothing is shared.
        whole: how many training photos have the whole caption, whether near or far, and the first of them.
    """

    nearest: list[Borrowed]
    characters: int
    longest: Borrowed | None
    whole: tuple[int, list[str]]


def why(catalogue: Catalogue, caption: str, neighbours: Iterable[Neighbour]) -> Why:
    """Return what a model's caption has in common with those of training photos, all in their normal form."""
    caption = normalise(caption)
    nearest = [_borrowed(catalogue, caption, near) for near in neighbours]
    longest = max(nearest, key=lambda each: each.shared, default=None)
    return Why(
        nearest, len(caption), longest if longest and longest.shared else None, _whole(catalogue, caption)
    )


def _borrowed(catalogue: Catalogue, caption: str, neighbour: Neighbour) -> Borrowed:
    found = Borrowed(neighbour, (), 0)
    for one in catalogue.captions_of(catalogue.index[neighbour.sha256]):
        text = normalise(one["text"])
        start, size = shared(caption, text)
        if size > found.shared or not found.text:
            cut = (text[:start], False), (text[start : start + size], True), (text[start + size :], False)
            found = Borrowed(neighbour, [Part(*part) for part in cut if part[0]], size)
    return found


def shared(caption: str, other: str) -> tuple[int, int]:
    """Return where in `other` the longest text stands that both have, and how many characters it is."""
    match = SequenceMatcher(None, caption, other, autojunk=False).find_longest_match()
    return match.b, match.size


def _whole(catalogue: Catalogue, caption: str) -> tuple[int, list[str]]:
    same = pc.fill_null(pc.equal(catalogue.captions["text_nfkc"], pa.scalar(caption)), False)
    rows = np.flatnonzero(same.to_numpy(zero_copy_only=False) & ~catalogue.hidden)
    photos = np.unique(np.searchsorted(catalogue.offsets, rows, "right") - 1)
    photos = photos[catalogue.of_split("train")[photos]]
    return len(photos), [catalogue.sha256s[photo] for photo in photos[:PHOTOS]]
