"""Mismatched captions: written for another photo, at a chosen distance from the one they stand under.

The article ends with the idea: a caption that fits another photo is funny where the two photos are neither
alike nor unrelated. The distance is the cosine distance of their vectors, standardised over the pool: raw fc7
vectors are never negative, so those of any two photos point nearly the same way.

B query photos, P photos of the pool, D components of a photo's vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.errors import UserError
from train.captions.captioner import Caption, Captioner
from train.captions.options import parse_decoding

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Neighbour:
    """A photo of the pool and its distance: 0 the same, 1 unrelated, 2 opposite."""

    sha256: str
    distance: float


@dataclass(frozen=True)
class Mismatch:
    """A caption, and the other photo that it was written for."""

    caption: Caption
    source: Neighbour


class Pool:
    """The photos to choose from.

    Args:
        sha256s: (P,) of the photos.
        vectors: (P, D) float32, raw; not copied.

    Raises:
        UserError: there is no photo.
    """

    def __init__(self, sha256s: Sequence[str], vectors: Floats) -> None:
        if not len(sha256s):
            raise UserError("There is no photo to compare with: the train split has none with a vector.")
        self.sha256s, self.vectors = list(sha256s), vectors
        self._mean = vectors.mean(axis=0)
        deviation = vectors.std(axis=0)
        self._scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0)
        # Row by row: a standardised copy of all vectors would double the memory.
        squares = (row @ row for row in ((vector - self._mean) * self._scale for vector in vectors))
        self._lengths = np.sqrt(np.fromiter(squares, np.float32, len(vectors)))  # (P,)

    def distances(self, vectors: Floats) -> Floats:
        """Return the cosine distances of standardised vectors.

        Args:
            vectors: (B, D) float32, raw.

        Returns:
            (B, P) float32, 0 to 2; 1 where a vector equals the pool's mean and so has no direction.
        """
        directions = (vectors - self._mean) * self._scale
        lengths = np.linalg.norm(directions, axis=1)  # (B,)
        # d · (p - mean) * scale = (d * scale) · p - (d * scale) · mean: the pool's vectors stay raw.
        directions = directions * self._scale
        products = directions @ self.vectors.T - (directions @ self._mean)[:, None]  # (B, D) @ (D, P)
        scales = np.outer(lengths, self._lengths)
        cosines = np.divide(products, scales, out=np.zeros_like(products), where=scales > 0)
        return np.asarray(1 - np.clip(cosines, -1, 1), np.float32)

    def nearest(
        self, vectors: Floats, k: int, without: Sequence[str | None] = (), distance: float = 0.0
    ) -> list[list[Neighbour]]:
        """Return for each query photo the k photos of the pool whose distance is closest to `distance`.

        Args:
            vectors: (B, D) float32, raw.
            k: how many; a smaller pool gives fewer.
            without: for each query photo the sha256 of a photo to leave out, its own for example, or None.
            distance: 0 asks for the most similar ones.

        Returns:
            B lists, the closest to `distance` first.
        """
        found = []
        for row, own in zip(self.distances(vectors), without or [None] * len(vectors), strict=True):
            order = np.argsort(np.abs(row - distance), kind="stable")[: k + 1]  # one may be left out
            near = [Neighbour(self.sha256s[i], float(row[i])) for i in order if self.sha256s[i] != own]
            found.append(near[:k])
        return found


def mismatch(
    captioner: Captioner,
    vectors: Floats,
    pool: Pool,
    *,
    without: Sequence[str | None] = (),
    **settings: Any,
) -> list[list[Mismatch]]:
    """Write captions that were meant for other photos.

    Args:
        vectors: (B, D) float32, raw: the photos that the captions will stand under.
        pool: the photos that the captions are written for.
        without: for each photo the sha256 of a photo to leave out, its own for example, or None.
        settings: those of `train.captions.options.DecodingOptions`. Each of the n captions of a photo is the
            best for another photo of the pool, at `distance`; a strategy other than `mismatch` writes it.

    Returns:
        For each photo its captions with their sources, those closest to the distance first.

    Raises:
        UsageError: a setting that does not exist, or a value it cannot have.
    """
    decoding = parse_decoding({"strategy": "mismatch"} | settings)
    sources = pool.nearest(vectors, decoding.n, without, decoding.distance)
    rows = {sha256: row for row, sha256 in enumerate(pool.sha256s)}
    # One call for all sources of all photos, so that they share batches.
    flat = [rows[source.sha256] for near in sources for source in near]
    strategy = "beam" if decoding.strategy == "mismatch" else decoding.strategy
    one = decoding.model_copy(update={"strategy": strategy, "n": 1})
    captions = iter(captioner.caption(pool.vectors[flat], **one.model_dump()))
    return [[Mismatch(next(captions)[0], source) for source in near] for near in sources]
