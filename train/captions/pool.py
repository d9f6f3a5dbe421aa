"""The photos that neighbours are looked for among, exactly, however many there are.

The distance of two photos is the cosine distance of their vectors, standardised over the pool: raw fc7
vectors are never negative, so those of any two photos point nearly the same way. The pool's vectors are read
where they lie, a block at a time, and stay raw; memory does not grow with their number.

B query photos, P photos of the pool, D components of a vector, n photos of a block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featurize.read import Chosen
from store.errors import UserError

Floats = NDArray[np.float32]
BLOCK = 2**23
"""Bytes of vectors that are compared at once: they fit into a processor's cache."""


@dataclass(frozen=True)
class Neighbour:
    """A photo of the pool and its distance: 0 the same, 1 unrelated, 2 opposite."""

    sha256: str
    distance: float


class Pool:
    """The photos to choose from.

    Args:
        sha256s: (P,) of the photos.
        vectors: (P, D) raw; not copied.

    Raises:
        UserError: there is no photo.
    """

    def __init__(self, sha256s: Sequence[str], vectors: Floats | Chosen) -> None:
        if not len(sha256s):
            raise UserError("There is no photo to compare with: the train split has none with a vector.")
        self.sha256s = sha256s
        self.vectors = vectors if isinstance(vectors, Chosen) else Chosen(vectors, np.arange(len(vectors)))
        self._mean, self._scale = self._statistics()
        squares = [np.square((block - self._mean) * self._scale).sum(1) for _, block in self._blocks()]
        self._lengths = np.sqrt(np.concatenate(squares))  # (P,)

    def _statistics(self) -> tuple[Floats, Floats]:
        """Return the mean (D,) of the vectors, and 1 / their standard deviation (D,), 0 where that is 0."""
        total = squares = np.zeros(self.vectors.shape[1])  # float32 would lose digits over many photos
        for _, block in self._blocks():
            total = total + block.sum(0, dtype=np.float64)
        mean = total / len(self.vectors)
        for _, block in self._blocks():
            squares = squares + np.square(block - mean.astype(np.float32)).sum(0, dtype=np.float64)
        deviation = np.sqrt(squares / len(self.vectors))
        scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0)
        return mean.astype(np.float32), scale.astype(np.float32)

    def _blocks(self) -> Iterator[tuple[int, Floats]]:
        """Yield the number of the first photo of each block, and the vectors (n, D) float32."""
        values, rows = self.vectors.values, self.vectors.rows
        step = max(1, BLOCK // (4 * max(1, values.shape[1])))
        for start in range(0, len(rows), step):
            wanted = rows[start : start + step]
            first, last = wanted[0], wanted[-1] + 1
            # Most lie one after the other, as they were computed: such a block is no copy.
            together = last - first == len(wanted) and bool((np.diff(wanted) == 1).all())
            yield start, np.asarray(values[first:last] if together else values[wanted], np.float32)

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
        return [
            [Neighbour(self.sha256s[row], float(value)) for row, value in near]
            for near in self.nearest_rows(vectors, k, without, distance)
        ]

    def nearest_rows(
        self, vectors: Floats, k: int, without: Sequence[str | None], distance: float
    ) -> list[list[tuple[int, float]]]:
        """Return the same as rows of the pool with their distances."""
        rows, distances = self._closest(vectors, k + 1, distance)  # one may be left out
        found = []
        for own, near, values in zip(without or [None] * len(vectors), rows, distances, strict=True):
            pairs = zip(near.tolist(), values.tolist(), strict=True)
            found.append([pair for pair in pairs if self.sha256s[pair[0]] != own][:k])
        return found

    def _closest(self, vectors: Floats, k: int, distance: float) -> tuple[NDArray[np.int64], Floats]:
        """Return rows (B, k) whose distances (B, k) are closest to `distance`; of equal ones, the first."""
        rows = np.zeros((len(vectors), 0), np.int64)
        distances = np.zeros((len(vectors), 0), np.float32)
        for start, found in self._distances(vectors):
            numbers = np.broadcast_to(np.arange(start, start + found.shape[1]), found.shape)
            rows, distances = np.hstack([rows, numbers]), np.hstack([distances, found])
            order = np.argsort(np.abs(distances - np.float32(distance)), axis=1, kind="stable")[:, :k]
            rows = np.take_along_axis(rows, order, 1)
            distances = np.take_along_axis(distances, order, 1)
        return rows, distances

    def _distances(self, vectors: Floats) -> Iterator[tuple[int, Floats]]:
        """Yield the number of the first photo of each block, and the distances (B, n), 0 to 2, to its photos.

        They are 1 where a vector equals the pool's mean and so has no direction.
        """
        directions = (vectors - self._mean) * self._scale
        lengths = np.linalg.norm(directions, axis=1)  # (B,)
        # d · (p - mean) * scale = (d * scale) · p - (d * scale) · mean: the pool's vectors stay raw.
        directions = directions * self._scale
        offsets = (directions @ self._mean)[:, None]
        for start, block in self._blocks():
            # Not `directions @ block.T`: OpenBLAS's threads wait for each other, which takes longer than the
            # product on a busy machine. One thread reads the vectors as fast as memory gives them.
            products = np.stack([np.einsum("nd,d->n", block, one) for one in directions]) - offsets
            scales = np.outer(lengths, self._lengths[start : start + len(block)])
            cosines = np.divide(products, scales, out=np.zeros_like(products), where=scales > 0)
            yield start, np.asarray(1 - np.clip(cosines, -1, 1), np.float32)
