"""A split as arrays: every caption as token ids, and the photo that it belongs to.

C captions, P photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Self

import numpy as np

from train.model import Array

_BLOCK = 2**16
"""Captions that are laid out at once: what is computed on the way takes a multiple of their tokens."""


@dataclass(frozen=True)
class Examples:
    """C captions of P photos.

    Attributes:
        photos: sha256 of each photo.
        photo: (C,) int64 row of `photos`; a photo's captions lie together.
        stream: (sum of lengths + 2,) int32 ids, every caption as <BOS> tokens… <EOS>, one after the other.
        starts: (C,) int64 where each caption's <BOS> lies in `stream`.
        lengths: (C,) int64 tokens of each caption, <BOS> and <EOS> not counted.
        stars: (C,) int64.
    """

    photos: Sequence[str]
    photo: Array
    stream: Array
    starts: Array
    lengths: Array
    stars: Array

    def __len__(self) -> int:
        return len(self.photo)

    @classmethod
    def build(
        cls,
        photos: Sequence[str],
        photo: Sequence[int],
        captions: Sequence[Sequence[int]],
        stars: Sequence[int],
        bos: int,
        eos: int,
    ) -> Self:
        """Lay captions out that are given as lists of ids, photo by photo; see `laid_out`."""
        lengths = np.array([len(caption) for caption in captions], np.int64)
        ids = np.fromiter(chain.from_iterable(captions), np.int32, int(lengths.sum()))
        return cls.laid_out(photos, np.asarray(photo, np.int64), ids, lengths, np.asarray(stars), bos, eos)

    @classmethod
    def laid_out(
        cls, photos: Sequence[str], photo: Array, ids: Array, lengths: Array, stars: Array, bos: int, eos: int
    ) -> Self:
        """Lay captions out, photo by photo.

        Args:
            photos: sha256 of each photo.
            photo: (C,) int64 row of `photos` of each caption.
            ids: (sum of lengths,) int32 token ids, one caption after the other, without <BOS> and <EOS>.
            lengths: (C,) int64 tokens of each caption.
            stars: (C,) int64 of each caption.
            bos, eos: ids of <BOS> and <EOS>.
        """
        # Stable: a photo's captions keep the dataset's order, on which samples and the model depend.
        order = np.argsort(photo, kind="stable")
        sources = (np.cumsum(lengths) - lengths)[order]  # (C,) where the tokens of each lie in `ids`
        lengths = lengths[order]
        starts = np.cumsum(lengths + 2) - (lengths + 2)  # 2: <BOS> and <EOS>
        stream = np.full(len(ids) + 2 * len(lengths), eos, np.int32)
        stream[starts] = bos
        for first in range(0, len(lengths), _BLOCK):
            some = slice(first, first + _BLOCK)
            tokens = spread(lengths[some])
            stream[np.repeat(starts[some] + 1, lengths[some]) + tokens] = ids[
                np.repeat(sources[some], lengths[some]) + tokens
            ]
        return cls(photos, photo[order], stream, starts, lengths, stars[order].astype(np.int64))

    def some(self, rows: Array) -> Self:
        """Return the captions `rows` (N,) alone, of the same photos."""
        chosen = {name: getattr(self, name)[rows] for name in ("photo", "starts", "lengths", "stars")}
        return replace(self, **chosen)

    def hashes(self) -> Array:
        """Return a number of each caption, (C,) uint64: that of two with other tokens is another one, but for
        a chance of 2^-48.

        Source: Carter and Wegman 1979: a sum of the tokens, each multiplied by a random number of its place.
        """
        factors = np.random.default_rng(0).integers(
            2**64, size=int(self.lengths.max(initial=0)) + 1, dtype=np.uint64
        )
        found = np.zeros(len(self), np.uint64)
        for first in range(0, len(self), _BLOCK):
            some = slice(first, first + _BLOCK)
            sizes = self.lengths[some] + 1  # <EOS> too: so none is empty, and no caption begins another
            places = spread(sizes)
            ids = self.stream[np.repeat(self.starts[some] + 1, sizes) + places].astype(np.uint64)
            found[some] = np.add.reduceat(ids * factors[places], np.cumsum(sizes) - sizes)
        return found


def spread(lengths: Array) -> Array:
    """Return 0, 1, … up to each of the lengths (N,), one after the other: (sum,) int64."""
    ends = np.cumsum(lengths)
    places: Array = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    return places
