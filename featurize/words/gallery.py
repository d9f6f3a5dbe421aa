"""The photos of a dataset that have a vector, in its order: what words and photos are compared with.

N photos of a dataset, M of them that have a vector, D values in a vector.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from featurize.read import Chosen, Names, Vectors
from featurize.words.search import best, cosines
from store.errors import UserError


class Gallery:
    """Photos that are searched, exactly and without an index.

    Attributes:
        places: (M,) of the N photos those that have a vector.
        vectors: all of the cache.

    Args:
        names: (N,) sha256s of the photos.
        vectors: of a cache.
    """

    def __init__(self, names: Names, vectors: Vectors) -> None:
        rows = vectors.find(names)
        self.places = np.flatnonzero(rows >= 0)
        self.vectors, self._chosen = vectors, Chosen(vectors.data.values, rows[self.places])

    @property
    def dimensions(self) -> int:
        """D."""
        return self._chosen.shape[1]

    @cached_property
    def _mean(self) -> np.ndarray:
        """The mean of all vectors, (D,) float32."""
        total = np.zeros(self.dimensions)  # float32 would lose digits over many photos
        for _, block in self._chosen.blocks():
            total += block.sum(0, dtype=np.float64)
        return np.asarray(total / max(1, len(self._chosen)), np.float32)

    def like_words(self, direction: np.ndarray, count: int) -> list[tuple[int, float]]:
        """Return the photos whose vectors point most nearly where words do, and the cosines.

        Args:
            direction: (D,) of a text tower.
            count: at most so many.

        Raises:
            UserError: the text has another number of values than the photos.
        """
        if len(direction) != self.dimensions:
            raise UserError(
                f"features.text gives {len(direction):,} values a text, and photos have "
                f"{self.dimensions:,}: it belongs to another model. Name the tower of the same one"
            )
        return self._best(cosines(self._chosen, direction), count)

    def like_photo(
        self, vector: np.ndarray, count: int, without: Sequence[int] = ()
    ) -> list[tuple[int, float]]:
        """Return the photos that are most like one with a vector (D,), and the cosines of centred vectors.

        Args:
            without: places that are left out, such as the photo's own.
        """
        found = cosines(self._chosen, vector, self._mean)
        found[np.isin(self.places, without)] = -np.inf
        return [(place, cosine) for place, cosine in self._best(found, count) if np.isfinite(cosine)]

    def _best(self, found: np.ndarray, count: int) -> list[tuple[int, float]]:
        return [(int(self.places[row]), float(found[row])) for row in best(found, count)]
