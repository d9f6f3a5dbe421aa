"""Near copies across the split, by their vectors: such as parts of a photo, which the hashes of a build miss.

T photos of train and E of dev that have vectors, D values in a vector, b photos of dev in a block, n of train
at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset import read
from featurize.likeness.nearness import NearestStrangers, Nearness, sample_of
from featurize.mapped import dimensions
from featurize.neighbours import contact_sheet, mean_vector, unit_vectors
from featurize.read import matching, vectors
from store.errors import UserError
from store.place import Place
from store.shards import shard_paths

BLOCK = 2**25
"""Bytes of the vectors of dev that are compared at once with all of train: 2,048 of fc7. With a shard and a
batch of it some 700 MB are in use, however many photos there are."""
_PIECE = 1024
"""n, photos of train that are compared at once."""
Batch = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Leak:
    """A photo of dev and one of train, by sha256, and their likeness: the cosine of their centred vectors."""

    dev: str
    train: str
    likeness: float

    def __str__(self) -> str:
        return f"{self.likeness:.3f}  dev {self.dev}  train {self.train}"


@dataclass(frozen=True)
class Leaks:
    """What two splits have in common.

    Args:
        dev, train: how many photos of each were compared.
        without_vectors: how many were not, since they have no vector.
        photos: how many photos of dev are like one of train.
        pairs: how many pairs are alike.
        nearest: the pairs that are most alike, the nearest first.
        least: the likeness from which on photos are alike.
        typical: what it was measured by, see `featurize.likeness.nearness`; None where it was given.
    """

    dev: int
    train: int
    without_vectors: int
    photos: int
    pairs: int
    nearest: tuple[Leak, ...]
    least: float
    typical: float | None

    def lines(self) -> Iterator[str]:
        """Yield what a terminal shows."""
        yield from map(str, self.nearest)
        if more := self.pairs - len(self.nearest):
            yield f"and {more:,} pairs more: -n shows more of them"
        yield f"{self.photos:,} of {self.dev:,} photos of dev are like one of {self.train:,} photos of train"
        yield str(Nearness(self.least, self.typical))
        if self.without_vectors:
            yield f"{self.without_vectors:,} photos have no vector, and were not compared"


class _Found:
    """Counts the pairs that are alike, and keeps the `count` most alike of them."""

    def __init__(self, least: float, count: int) -> None:
        self._least, self._count = least, count
        self.pairs, self._photos = 0, set[int]()
        self._best = np.empty((0, 3))  # likeness, photo of dev, photo of train

    @property
    def photos(self) -> int:
        """How many photos of dev are in a pair."""
        return len(self._photos)

    def add(self, likeness: np.ndarray, first: int, train: np.ndarray) -> None:
        """Add the likenesses (b, n) of photos of dev, from number `first`, with photos of `train`, (n,)."""
        alike = likeness >= self._least
        dev, column = np.nonzero(alike)
        self.pairs += len(dev)
        self._photos.update((first + np.unique(dev)).tolist())
        pairs = np.stack([likeness[dev, column], first + dev, train[column]], axis=1)
        self._best = _most_alike(np.concatenate([self._best, pairs]), self._count)

    def nearest(self) -> Iterator[tuple[float, int, int]]:
        """Yield likeness, photo of dev and photo of train, the most alike first."""
        for value, dev, train in self._best.tolist():
            yield min(value, 1.0), int(dev), int(train)


def _most_alike(pairs: np.ndarray, count: int) -> np.ndarray:
    return pairs[np.lexsort((pairs[:, 2], pairs[:, 1], -pairs[:, 0]))[:count]]


def leaks(
    directory: Path, dataset: Path, *, least: float | None = None, count: int, block: int = BLOCK
) -> Leaks:
    """Return which photos of dev are like photos of train.

    The mean of all vectors is subtracted first, as `featurize.neighbours` does it.

    Args:
        directory: a cache, `features/<key>`.
        dataset: whose splits are compared.
        least: which likeness counts, up to 1; None measures what is usual in train, since that differs from
            network to network.
        count: how many pairs to name.
        block: bytes of the vectors of dev that are compared at once.

    Raises:
        MissingStage: there is no dataset.
        UserError: none of its photos has a vector.
    """
    there, paths = compared(directory, dataset), shard_paths(directory)
    train, dev, mean = there.train, there.dev, there.mean
    size = max(1, block // (4 * dimensions(paths[0])))
    near = Nearness(least) if least is not None else measured(directory, dataset, train, mean)
    found = _Found(near.least, count)
    for first in range(0, len(dev), size):
        own = unit_vectors(vectors(directory, dev.slice(first, size).to_pylist()) - mean)  # (b, D)
        for rows, values in _pieces(matching(paths, train)):
            found.add(own @ unit_vectors(values - mean).T, first, rows)  # (b, D) @ (D, n)
    nearest = (Leak(dev[a].as_py(), train[b].as_py(), likeness) for likeness, a, b in found.nearest())
    counts = (len(dev), len(train), there.without, found.photos, found.pairs)
    return Leaks(*counts, tuple(nearest), near.least, near.typical)


@dataclass(frozen=True)
class Compared:
    """The photos of a dataset that have a vector, by split, how many have none, and the mean (D,) of all."""

    train: pa.Array
    dev: pa.Array
    without: int
    mean: np.ndarray


def compared(directory: Path, dataset: Path) -> Compared:
    """Return which photos of a dataset can be compared.

    Raises:
        MissingStage: there is no dataset.
        UserError: none of its photos has a vector.
    """
    names = {split: pa.array(read.photos(dataset, split)["sha256"].unique()) for split in read.SPLITS}
    mean, present = mean_vector(shard_paths(directory), pa.concat_arrays(names.values()))
    if not present.any():
        features = Place.of(dataset).command("features")
        raise UserError(f"{directory} has a vector of none of these photos. Compute them with: {features}")
    having = np.split(present, [len(names["train"])])
    train, dev = (names[split].filter(pa.array(has)) for split, has in zip(read.SPLITS, having, strict=True))
    return Compared(train, dev, int((~present).sum()), mean)


def measured(directory: Path, dataset: Path, train: pa.Array, mean: np.ndarray) -> Nearness:
    """Return which likeness counts, by how near photos of train (T,) of different groups are to each other.

    Args:
        mean: (D,) of all vectors.
    """
    names = train.to_pylist()
    place: dict[str, int] = {}
    stated = read.photos(dataset, "train", ["sha256", "group"]).to_pylist()
    groups = {row["sha256"]: row["group"] or row["sha256"] for row in stated}
    numbers = np.array([place.setdefault(groups[name], len(place)) for name in names], np.int64)
    sample, paths = np.array(sample_of(names), np.int64), shard_paths(directory)
    own = unit_vectors(vectors(directory, [names[n] for n in sample]) - mean)
    strangers = NearestStrangers(own, numbers, sample)
    for rows, values in _pieces(matching(paths, train)):
        strangers.add(unit_vectors(values - mean), rows)
    return strangers.nearness()


def _pieces(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield rows and vectors a few at a time: what is computed of them is as large as they are."""
    for rows, values in batches:
        for start in range(0, len(rows), _PIECE):
            some = slice(start, start + _PIECE)
            yield rows[some], values[some]


def draw(found: Leaks, dataset: Path, sheet: Path) -> None:
    """Draw the nearest pairs side by side, the photo of dev at the left.

    Args:
        found: what `leaks` returned, with a pair at least.
        dataset: whose photos they are.
        sheet: where to write it: .png, .jpg or .webp.
    """
    lines = [
        [(pair.dev, f"dev {pair.dev[:12]}"), (pair.train, f"{pair.train[:12]} {pair.likeness:.3f}")]
        for pair in found.nearest
    ]
    contact_sheet(lines, dataset, sheet)
