"""The cache of vectors: which of a dataset's photos it lacks, their bytes, and the writer that adds rows.

N photos; a photo's position is the number of its shard and its row there, in one int64.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset.read import PHOTO, photo_contents
from store.manifest import marked
from store.register.listed import begin_list, list_files, unlist
from store.register.stages import Stage
from store.schema import features
from store.shard_reader import Shard, unreadable
from store.shards import ShardLimits, ShardWriter, shard_paths, whole_parquet

T = TypeVar("T")
POSITIONS = pa.schema([("position", pa.int64()), ("sha256", pa.string())])
ROW_BITS = 32
"""The low bits of a position hold the row, those above the shard's number."""
SECONDS = 15.0
"""A shard is written at the latest after so long: what a kill can cost."""


def writer(directory: Path, dimensions: int, precision: Literal["float32", "float16"]) -> ShardWriter:
    """Return the writer that adds vectors of `dimensions` values to the cache in `directory`."""
    # Rows per shard such that the vectors alone fill it: the other columns are small beside them.
    kind = pa.float16() if precision == "float16" else pa.float32()
    rows = max(1, ShardLimits.bytes * 8 // (kind.bit_width * dimensions))
    limits = ShardLimits(rows=rows, seconds=SECONDS)
    begin_list(Stage("features", directory))
    return ShardWriter(directory, "vectors", marked(features(dimensions, kind)), limits)


def missing(shards: Sequence[Path], directory: Path) -> np.ndarray:
    """Return the positions of the photos in `shards` that have no row in the cache.

    Memory: 8 bytes a photo, and DuckDB's own, which it limits itself.

    Args:
        shards: the dataset's, in the order that `photos` is given too.
        directory: the cache.

    Returns:
        (N,) int64, ascending; a photo that occurs several times is returned once.

    Raises:
        DamagedFile: a shard cannot be read.
    """
    cached = shard_paths(directory, pa.schema([("sha256", pa.string())]))
    with duckdb.connect() as database:
        database.register("wanted", pa.RecordBatchReader.from_batches(POSITIONS, _positions(shards)))
        database.register("cached", pa.RecordBatchReader.from_batches(POSITIONS, _positions(cached)))
        # By DuckDB, which spills to disk: a join in Python would hold every sha256 twice.
        positions = database.execute(
            "SELECT min(position) AS position FROM wanted ANTI JOIN cached USING (sha256) "
            "GROUP BY sha256 ORDER BY position"
        ).fetchnumpy()["position"]
    return np.asarray(positions, np.int64)


def _positions(shards: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    """Yield the position and the sha256 of every row of `shards`."""
    for number, path in enumerate(shards):
        first = number << ROW_BITS
        for batch in batches(path, ["sha256"]):
            positions = pa.array(np.arange(first, first + len(batch)))
            first += len(batch)
            yield pa.record_batch([positions, batch["sha256"]], schema=POSITIONS)


def batches(path: Path, columns: list[str], rows: int = 8192) -> Iterator[pa.RecordBatch]:
    """Yield the columns of one shard, at most `rows` rows at a time; every page's checksum is verified.

    Raises:
        DamagedFile: the shard cannot be read.
    """
    try:
        with Shard(path) as file:
            yield from file.iter_batches(rows, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def photos(shards: Sequence[Path], positions: np.ndarray) -> Iterator[tuple[str, bytes]]:
    """Yield sha256 and bytes of photos; only the row groups that hold any are read.

    Args:
        shards: the dataset's.
        positions: (N,) int64, as `missing` returns them.

    Raises:
        DamagedFile: a shard cannot be read.
    """
    for number, path in enumerate(shards):
        rows = positions[(positions >> ROW_BITS) == number] & (2**ROW_BITS - 1)
        if len(rows):
            yield from _photos(path, rows)


def _photos(path: Path, rows: np.ndarray) -> Iterator[tuple[str, bytes]]:
    """Yield sha256 and bytes of the photos in `rows` (N,) of one shard, a row group in memory at a time."""
    start = 0
    try:
        with Shard(path) as file:
            for group in range(file.num_row_groups):
                end = start + file.metadata.row_group(group).num_rows
                chosen = rows[(rows >= start) & (rows < end)] - start
                start = end
                if len(chosen):
                    table = file.read_row_group(group, columns=PHOTO).take(chosen)
                    images = photo_contents(path, table)
                    for sha256, image in zip(table["sha256"], images, strict=True):
                        yield sha256.as_py(), image.as_py() or b""  # no bytes become an undecodable photo
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def drop(stage: Stage, sha256s: pa.Array) -> int:
    """Write the shards that hold rows of these photos again without them; return how many."""
    changed = 0
    for path in shard_paths(stage.directory):
        if not pc.any(pc.is_in(Shard(path).read(["sha256"])["sha256"], sha256s)).as_py():
            continue
        changed += 1
        unlist(stage, [path])
        with Shard(path) as shard, whole_parquet(path, shard.schema_arrow) as writer:
            for group in range(shard.num_row_groups):
                rows = shard.read_row_group(group)
                writer.write_table(rows.filter(pc.invert(pc.is_in(rows["sha256"], sha256s))))
    list_files(stage)
    return changed


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
