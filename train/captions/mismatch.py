"""The right caption under the wrong photo: what fits a photo that is so and so different from this one.

The article ends with the idea: a caption that fits another photo is funny where the two are neither alike nor
strangers. How different they are is the cosine distance of their vectors, standardised over the pool, since
raw fc7 vectors of any two photos point nearly the same way.

B photos asked about, P photos of the pool, D components of a photo's vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.errors import UserError
from train.captions.captioner import Caption, Captioner

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Neighbour:
    """A photo of the pool and its distance: 0 the same, 1 unrelated, 2 the opposite."""

    sha256: str
    distance: float


@dataclass(frozen=True)
class Mismatch:
    """A caption that was written for another photo, and which."""

    caption: Caption
    source: Neighbour


class Pool:
    """Photos to compare with.

    Args:
        sha256s: P names.
        vectors: (P, D) float32, raw; they are not copied.
    """

    def __init__(self, sha256s: Sequence[str], vectors: Floats) -> None:
        if not len(sha256s):
            raise UserError("There is no photo to compare with: the train split has none with a vector.")
        self.sha256s, self.vectors = list(sha256s), vectors
        self._mean = vectors.mean(axis=0)
        deviation = vectors.std(axis=0)
        self._scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0)
        squares = (row @ row for row in ((vector - self._mean) * self._scale for vector in vectors))
        self._lengths = np.sqrt(np.fromiter(squares, np.float32, len(vectors)))

    def distances(self, vectors: Floats) -> Floats:
        """Return the cosine distances (B, P) of standardised vectors."""
        directions = (vectors - self._mean) * self._scale
        lengths = np.linalg.norm(directions, axis=1)
        directions = directions * self._scale
        products = directions @ self.vectors.T - (directions @ self._mean)[:, None]
        scales = np.outer(lengths, self._lengths)
        cosines = np.divide(products, scales, out=np.zeros_like(products), where=scales > 0)
        return np.asarray(1 - np.clip(cosines, -1, 1), np.float32)

    def nearest(
        self, vectors: Floats, k: int, without: Sequence[str | None] = (), distance: float = 0.0
    ) -> list[list[Neighbour]]:
        """Return for each of B photos the k photos whose distance is closest to `distance`.

        Args:
            vectors: (B, D) float32, raw.
            k: how many; fewer come back from a smaller pool.
            without: for each of the B photos the name of one to leave out, itself for example, or None.
            distance: 0 asks for the most alike.
        """
        found = []
        for row, own in zip(self.distances(vectors), without or [None] * len(vectors), strict=True):
            order = np.argsort(np.abs(row - distance), kind="stable")[: k + 1]
            near = [Neighbour(self.sha256s[i], float(row[i])) for i in order if self.sha256s[i] != own]
            found.append(near[:k])
        return found


def mismatch(
    captioner: Captioner,
    vectors: Floats,
    pool: Pool,
    *,
    distance: float = 0.8,
    n: int = 1,
    without: Sequence[str | None] = (),
    **settings: Any,
) -> list[list[Mismatch]]:
    """Write captions that fit other photos.

    Args:
        vectors: (B, D) float32, raw: the photos that the captions will stand under.
        pool: the photos that the captions are written for.
        distance: how far those are from the photo, 0 to 2.
        n: captions per photo, each from another photo of the pool.
        without: for each photo the name of one to leave out, itself for example, or None.
        settings: how each caption is drawn: those of `train.captions.captioner.Decoding` but n.

    Returns:
        For each photo n captions with their sources, the distances closest to `distance` first.
    """
    sources = pool.nearest(vectors, n, without, distance)
    place = {sha256: number for number, sha256 in enumerate(pool.sha256s)}
    flat = [place[source.sha256] for near in sources for source in near]
    written = iter(captioner.caption(pool.vectors[flat], n=1, **settings))
    return [[Mismatch(next(written)[0], source) for source in near] for near in sources]
