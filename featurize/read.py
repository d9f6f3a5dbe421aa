"""Read vectors from a cache.

N photos asked for, n of them in a batch, D values in a vector.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featurize.cache import batches
from store.errors import DamagedFile, UserError
from store.place import Place
from store.shard_reader import READABLE, plain
from store.shards import read_schema, shard_paths

ROWS = 4096
"""Rows of a shard in memory at once."""


def vectors(directory: Path, sha256s: Sequence[str], place: Place | None = None) -> np.ndarray:
    """Return the vectors of photos.

    Shards are streamed into the result; no Python object is made per row.

    Args:
        directory: a cache, `features/<key>`.
        sha256s: (N,) of the photos; one may occur several times.
        place: the pipeline whose photos they are; by default the one that this process was called for.

    Returns:
        (N, D) float32, row i for sha256s[i].

    Raises:
        DamagedFile: a shard cannot be read, or holds vectors of another length.
        UserError: some photos have no vector; the message gives their number, the first one and its reason.
    """
    place = place or Place.using(directory)
    paths = shard_paths(directory)
    if not paths:
        raise UserError(f"{directory} holds no vectors. Compute them with: {place.command('features')}")
    wanted = pa.array(sha256s, pa.string()).dictionary_encode()  # each photo once, and (N,) indices to it
    found = np.zeros((len(wanted.dictionary), dimensions(paths[0])), np.float32)
    filled = np.zeros(len(found), bool)
    for rows, values in matching(paths, wanted.dictionary):
        found[rows], filled[rows] = values, True
    if not filled.all():
        absent = [str(name) for name in wanted.dictionary.filter(pa.array(~filled)).slice(0, 1)]
        start = f"{directory}: {int((~filled).sum()):,} of {len(found):,} photos have no vector"
        raise UserError(_why(f"{start}, the first is {absent[0]}", paths, absent[0], place))
    return found if len(found) == len(wanted) else found[wanted.indices.to_numpy()]


def dimensions(path: Path) -> int:
    """Return D of one shard of a cache.

    Raises:
        DamagedFile: it is not a shard of a cache.
    """
    schema = read_schema(path)
    if "sha256" not in schema.names or "vector" not in schema.names:
        raise DamagedFile(path, f"not a shard of vectors; its columns are {', '.join(schema.names)}")
    kind = plain(schema.field("vector").type)
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return _length(path)  # a tool that knows no lists of a fixed size has written it anew
    if not pa.types.is_fixed_size_list(kind) or not pa.types.is_floating(kind.value_type):
        raise DamagedFile(path, f"its vectors are {kind}, not a fixed number of floats", READABLE)
    return int(kind.list_size)


def _length(path: Path) -> int:
    """Return the number of values of all vectors in a shard.

    Raises:
        DamagedFile: they have different numbers.
    """
    found: set[int] = set()
    for batch in batches(path, ["vector"], ROWS):
        found.update(pc.unique(pc.list_value_length(batch["vector"]).drop_null()).to_pylist())
    if len(found) > 1:
        numbers = " and ".join(map(str, sorted(found)[:2]))
        raise DamagedFile(path, f"its vectors have {numbers} values, not all the same", READABLE)
    return max(found, default=0)


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
    length = dimensions(paths[0])
    for path in paths:
        if (other := dimensions(path)) != length:
            raise DamagedFile(path, f"its vectors have {other} values, those of other shards {length}")
        for batch in batches(path, ["sha256", "vector"], ROWS):
            computed = batch.filter(batch["vector"].is_valid())
            rows = pc.index_in(computed["sha256"], value_set=wanted).fill_null(-1).to_numpy()
            # (n * D,) to (n, D): the flat values are the column's own buffer, so nothing is copied.
            values = computed["vector"].flatten().to_numpy(zero_copy_only=False).reshape(-1, length)
            found = rows >= 0
            yield (rows, values) if found.all() else (rows[found], values[found])


def _why(start: str, paths: Sequence[Path], sha256: str, place: Place) -> str:
    """Return `start`, the reason why the photo has no vector, and what to do about it."""
    for path in paths:
        for batch in batches(path, ["sha256", "outcome", "error"]):
            row = batch.filter(pc.equal(batch["sha256"], sha256)).to_pylist()
            if row:
                forget = place.command("forget", "--sha256", sha256)
                return f"{start} ({row[0]['error']}). Take it out: {forget}"
    return f"{start}. Compute them with: {place.command('features')}"
