"""What an error of DuckDB comes from: it names no file, and does not tell a damaged one from a full disk."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from store.errors import UserError
from store.shard_reader import Shard, unreadable
from store.sql import read_parquet

READ_ROWS = 128
"""How many rows a shard is read in to find damage: with their photos, a few megabytes."""


@contextmanager
def explained(shards: Sequence[Path]) -> Iterator[None]:
    """Raise the cause of an error of DuckDB within the block, where one is found: see `explain`.

    Args:
        shards: all that the block reads.
    """
    try:
        yield
    except duckdb.Error as error:
        cause = explain(error, shards)
        if cause is error:
            raise
        raise cause from error


def explain(error: duckdb.Error, shards: Sequence[Path]) -> Exception:
    """Return the cause of DuckDB's error: a full disk, too little memory, a damaged shard, or the error.

    DuckDB does not name the file, so each is read to its end: by Arrow, with the checksums of pages, and
    by DuckDB, which does not bear everything that Arrow passes over.
    """
    reason = str(error).splitlines()[0]
    if "No space left" in reason:
        return OSError(errno.ENOSPC, f"the disk is full: {reason}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return UserError(
            f"Memory ran out: {reason}. End other programs, or free some disk for what does not fit"
        )
    if gone := [path for path in shards if not path.exists()]:
        return UserError(f"{gone[0]} is gone: a crawl has merged its small files meanwhile. Run this again")
    for path in shards:
        try:
            _read_to_the_end(path)
        except (pa.ArrowException, OSError, duckdb.Error) as damage:
            return unreadable(path, damage)
    return error


def _read_to_the_end(path: Path) -> None:
    with Shard(path) as shard:
        for _ in shard.iter_batches():
            pass
    with duckdb.connect() as alone:
        for _ in alone.sql(f"FROM {read_parquet([path])}").to_arrow_reader(READ_ROWS):
            pass
