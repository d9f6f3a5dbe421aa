"""Photos of a dataset that are like another photo, by their vectors: such as parts of it, which hashes miss.

N photos that have a vector, n of a batch, D values in a vector.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from featurize.likeness.leaks import compared, measured
from featurize.neighbours import unit_vectors
from featurize.read import matching
from store.shards import shard_paths


class Lookalikes:
    """The vectors of a dataset's photos, and which likeness counts, as `bokeru leaks` measures it.

    Args:
        directory: a cache, `features/<key>`.
        dataset: whose photos are compared.

    Raises:
        MissingStage: there is no dataset.
        UserError: none of its photos has a vector.
    """

    def __init__(self, directory: Path, dataset: Path) -> None:
        there = compared(directory, dataset)
        self._paths, self._mean = shard_paths(directory), there.mean
        self._names = pa.concat_arrays([there.train, there.dev])
        self._least = measured(directory, dataset, there.train, there.mean).least

    def of(self, vector: np.ndarray) -> list[str]:
        """Return the photos that are like one with a vector, (D,); sorted."""
        own = unit_vectors(vector[None] - self._mean)  # (1, D)
        found = list[str]()
        for rows, values in matching(self._paths, self._names):
            likeness = (own @ unit_vectors(values - self._mean).T)[0]  # (n,)
            found += self._names.take(pa.array(rows[likeness >= self._least])).to_pylist()
        return sorted(found)
