"""Which names photos or captions have, such as labels, and how many have each.

N photos or captions, K pairs of one and a name that it has.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Kinds:
    """Names, and the photos or captions that have them.

    Args:
        names: each once.
        owners, codes: (K,) who has it, and the place of its name in `names`; no pair is there twice.
    """

    names: list[str]
    owners: NDArray[np.int64]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Iterable[tuple[NDArray[np.int64], pa.ChunkedArray | pa.Array]]) -> "Kinds":
        """Return those of some lists of pairs: who, and the name, null where there is none."""
        whose, names = zip(*parts, strict=True)
        # Encoded first: names are few, and their texts need not be copied together.
        flat = pa.chunked_array([chunk for each in names for chunk in _chunks(each)], pa.string())
        flat = flat.dictionary_encode().combine_chunks()
        known = flat.indices.is_valid()
        owners = np.concatenate(whose)[known.to_numpy(zero_copy_only=False)].astype(np.int64)
        codes = flat.indices.filter(known).to_numpy().astype(np.int64)
        found = flat.dictionary.to_pylist()
        once = _distinct(owners * len(found) + codes)
        return cls(found, once // max(len(found), 1), once % max(len(found), 1))

    def counts(self, passing: NDArray[np.bool_] | None = None) -> Counter[str]:
        """Return how many have each name, of all or of those in `passing`, (N,); not the empty one."""
        codes = self.codes if passing is None else self.codes[passing[self.owners]]
        counts = np.bincount(codes, minlength=len(self.names)).tolist()
        pairs = zip(self.names, counts, strict=True)
        return Counter({name: count for name, count in pairs if name and count})


def _chunks(values: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    return list(values.chunks) if isinstance(values, pa.ChunkedArray) else [values]


def _distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each value once, in order: they mostly are already, which a sort that merges makes use of."""
    ordered = np.sort(values, kind="stable")
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered
