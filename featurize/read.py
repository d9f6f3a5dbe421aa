"""Read vectors from a cache: the one reader, whoever needs them.

N photos that are asked for, R rows of the cache, n rows of a batch, D values in a vector.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featurize.cache import batches
from featurize.mapped import ROWS, Mapped, mapped, packed
from store.errors import UserError
from store.place import Place
from store.shards import shard_paths

BLOCK = 2**23
"""Bytes of float32 vectors that are looked at together, where all of them are."""
Names: TypeAlias = Sequence[str] | pa.Array | pa.ChunkedArray


@dataclass(frozen=True)
class Chosen:
    """The vectors of N photos, read where they are asked for; nothing is copied before.

    It is indexed as an array of shape (N, D) is by its first axis: `chosen[3]` is one vector, `chosen[2:5]`
    and `chosen[rows]` are (n, D), always float32 and a copy.

    Args:
        values: (R, D) float32 or float16, mapped.
        rows: (N,) int64 rows of `values`.
    """

    values: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """N and D."""
        return len(self.rows), self.values.shape[1]

    def __getitem__(self, which: Any) -> np.ndarray:
        return np.asarray(self.values[self.rows[which]], np.float32)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[int, np.ndarray]]:
        """Yield all vectors in order, some at a time: the number of the first, and (n, D) float32.

        Args:
            size: bytes of a block, at most.
        """
        step = max(1, size // (4 * max(1, self.shape[1])))
        for start in range(0, len(self), step):
            yield start, self[start : start + step]


@dataclass(frozen=True)
class Vectors:
    """All vectors of a cache. Its pages are shared with every other process that reads them.

    Args:
        directory: the cache, `features/<key>`.
        paths: its shards.
        place: the pipeline whose photos are asked for.
        data: what is mapped.
    """

    directory: Path
    paths: Sequence[Path]
    place: Place
    data: Mapped

    def find(self, sha256s: Names) -> np.ndarray:
        """Return the rows (N,) int64 of photos' vectors, for `Chosen`; -1 where there is none."""
        names = sha256s.combine_chunks() if isinstance(sha256s, pa.ChunkedArray) else sha256s
        wanted, known = packed(pa.array(names, pa.string())), self.data.names
        if not len(known):
            return np.full(len(wanted), -1)
        places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[places] == wanted, self.data.rows[places], -1)

    def of(self, sha256s: Names) -> Chosen:
        """Return the vectors of photos, in their order; one may occur several times.

        Raises:
            UserError: some have no vector; the message gives their number, the first one and its reason.
        """
        rows = self.find(sha256s)
        absent = np.flatnonzero(rows < 0)
        if len(absent):
            names = pc.unique(pa.array(sha256s, pa.string()).take(pa.array(absent)))
            photos = len(pc.unique(pa.array(sha256s, pa.string())))
            start = f"{self.directory}: {len(names):,} of {photos:,} photos have no vector"
            first = str(names[0])
            raise UserError(_why(f"{start}, the first is {first}", self.paths, first, self.place))
        return Chosen(self.data.values, rows)


def read(directory: Path, place: Place | None = None) -> Vectors:
    """Return the vectors of a cache.

    Args:
        directory: a cache, `features/<key>`.
        place: the pipeline whose photos are asked for; by default the one that this process was called for.

    Raises:
        DamagedFile: a shard cannot be read, or holds vectors of another length.
        UserError: there are none.
    """
    place = place or Place.using(directory)
    paths = shard_paths(directory)
    if not paths:
        raise UserError(f"{directory} holds no vectors. Compute them with: {place.command('features')}")
    return Vectors(directory, paths, place, mapped(directory, paths))


def vectors(directory: Path, sha256s: Names, place: Place | None = None) -> np.ndarray:
    """Return a copy of the vectors of photos, (N, D) float32; for few of them.

    Raises:
        DamagedFile, UserError: as `read` and `Vectors.of`.
    """
    return read(directory, place).of(sha256s)[:]


def matching(paths: Sequence[Path], wanted: pa.Array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the vectors of the photos `wanted`, some thousand at a time.

    Args:
        paths: shards of one cache, at least one.
        wanted: (N,) sha256s, each once.

    Yields:
        (n,) int64 rows of `wanted`, and their vectors (n, D), float32 or float16 as they are stored.

    Raises:
        DamagedFile: a shard cannot be read, or holds vectors of another length than the first.
    """
    directory = paths[0].parent
    all_vectors = Vectors(directory, paths, Place.using(directory), mapped(directory, paths))
    found = all_vectors.find(wanted)
    order = np.argsort(found, kind="stable")  # as they lie in the file
    order = order[np.searchsorted(found[order], 0) :]
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        yield rows, all_vectors.data.values[found[rows]]


def _why(start: str, paths: Sequence[Path], sha256: str, place: Place) -> str:
    """Return `start`, the reason why the photo has no vector, and what to do about it."""
    for path in paths:
        for batch in batches(path, ["sha256", "outcome", "error"]):
            row = batch.filter(pc.equal(batch["sha256"], sha256)).to_pylist()
            if row:
                forget = place.command("forget", "--sha256", sha256)
                return f"{start} ({row[0]['error']}). Take it out: {forget}"
    return f"{start}. Compute them with: {place.command('features')}"
