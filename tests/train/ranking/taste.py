"""A taste for tests: "a" is liked on photos that show one thing, "b" on photos that show the other."""

import numpy as np
import pyarrow as pa

from dataset.text.vocabulary import Vocabulary
from train.model import Array
from train.ranking.captions import RankedCaptions, ranked

SCHEMA = pa.schema(
    {"sha256": pa.string(), "text": pa.string(), "tokens": pa.list_(pa.string()), "stars": pa.int32()}
)
VOCABULARY = Vocabulary.from_counts({"a": 9, "b": 9, "c": 9})


def table(photos: int) -> pa.Table:
    """Return three captions of each photo; of even ones "a c" has most stars, of odd ones "b c"."""
    rows = [
        {"sha256": f"{photo:064x}", "text": text, "tokens": text.split(), "stars": stars}
        for photo in range(photos)
        for text, stars in (("a c", 0 if photo % 2 else 10), ("b c", 10 if photo % 2 else 0), ("c", 1))
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def captions(photos: int) -> RankedCaptions:
    return ranked(table(photos), VOCABULARY)


def vectors(photos: int) -> Array:
    """Return vectors (P, 2) that show which kind of photo it is."""
    return np.eye(2, dtype=np.float32)[np.arange(photos) % 2]
