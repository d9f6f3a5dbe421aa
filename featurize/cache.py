"""The cache of vectors: what a dataset still lacks in it, and the photos to compute."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import DamagedFile
from store.schema import features
from store.shards import ShardLimits, ShardWriter, shard_paths

T = TypeVar("T")
PLACES = pa.schema([("place", pa.int64()), ("sha256", pa.string())])
ROW_BITS = 32
"""A place is a photo's row in its shard, with the shard's number above these bits."""
SECONDS = 15.0
"""Vectors wait at most this long to be on disk: what a kill can cost."""


def writer(directory: Path, dimensions: int, precision: Literal["float32", "float16"]) -> ShardWriter:
    """Return the writer that adds vectors of `dimensions` values to the cache in `directory`."""
    kind = pa.float16() if precision == "float16" else pa.float32()
    rows = max(1, ShardLimits.bytes * 8 // (kind.bit_width * dimensions))
    limits = ShardLimits(rows=rows, seconds=SECONDS)
    return ShardWriter(directory, "vectors", features(dimensions, kind), limits)


def missing(shards: Sequence[Path], directory: Path) -> np.ndarray:
    """Return the places (int64, ascending) of the photos in `shards` that have no row in the cache.

    A photo that stands in `shards` several times is returned once. Memory: 8 bytes a photo, and DuckDB's
    own, which it bounds by itself.
    """
    cached = shard_paths(directory, pa.schema([("sha256", pa.string())]))
    with duckdb.connect() as database:
        database.register("wanted", pa.RecordBatchReader.from_batches(PLACES, _places(shards)))
        database.register("cached", pa.RecordBatchReader.from_batches(PLACES, _places(cached)))
        places = database.execute(
            "SELECT min(place) AS place FROM wanted ANTI JOIN cached USING (sha256) "
            "GROUP BY sha256 ORDER BY place"
        ).fetchnumpy()["place"]
    return np.asarray(places, np.int64)


def _places(shards: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for number, path in enumerate(shards):
        place = number << ROW_BITS
        for batch in batches(path, ["sha256"]):
            places = pa.array(np.arange(place, place + len(batch)))
            place += len(batch)
            yield pa.record_batch([places, batch["sha256"]], schema=PLACES)


def batches(path: Path, columns: list[str], rows: int = 8192) -> Iterator[pa.RecordBatch]:
    """Yield the columns of one shard, a few rows at a time, each page checked against its checksum.

    Raises:
        DamagedFile: the shard cannot be read.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield from file.iter_batches(rows, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFile(path, str(error).splitlines()[0].rstrip(".")) from error


def photos(shards: Sequence[Path], places: np.ndarray) -> Iterator[tuple[str, bytes]]:
    """Yield sha256 and bytes of the photos at `places`, reading only the row groups that hold any.

    Raises:
        DamagedFile: a shard cannot be read.
    """
    for number, path in enumerate(shards):
        here = places[(places >> ROW_BITS) == number] & (2**ROW_BITS - 1)
        if len(here):
            yield from _photos(path, here)


def _photos(path: Path, rows: np.ndarray) -> Iterator[tuple[str, bytes]]:
    start = 0
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in range(file.num_row_groups):
                end = start + file.metadata.row_group(group).num_rows
                chosen = rows[(rows >= start) & (rows < end)] - start
                start = end
                if len(chosen):
                    table = file.read_row_group(group, columns=["sha256", "image.bytes"]).take(chosen)
                    images = table["image"].combine_chunks().field("bytes")
                    for sha256, image in zip(table["sha256"], images, strict=True):
                        yield sha256.as_py(), image.as_py() or b""
    except (pa.ArrowException, OSError) as error:
        raise DamagedFile(path, str(error).splitlines()[0].rstrip(".")) from error


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
