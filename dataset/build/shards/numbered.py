"""Shards whose names tell how many there are, as on the Hub: train-00000-of-0000N.parquet."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from store.shards import whole_parquet

SHARD_BYTES = 224 * 2**20
"""A shard ends before this size: a row group and a footer less than the 256 MiB that it may have."""


class NumberedShards:
    """Writes the shards of one split while the `with` block runs; they get their names at its end.

    A split without rows is one shard without row groups. A thread ends each shard, since that waits for the
    disk. What goes wrong there is raised where the next shard ends, or at the block's end.

    Args:
        directory: gets the shards.
        split: train or dev.
        schema: their columns.
    """

    def __init__(self, directory: Path, split: str, schema: pa.Schema) -> None:
        self._directory, self._split, self._schema = directory, split, schema
        self._open = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._paths: list[Path] = []
        self._bytes = 0
        self._thread = ThreadPoolExecutor(1)
        self._ending: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, row_group: pa.Table, size: int) -> None:
        """Write a row group of about `size` bytes, into the next shard where this one is full."""
        if self._writer is not None and self._bytes + size > SHARD_BYTES:
            self._close()
        self._started().write_table(row_group)
        self._bytes += size

    def _started(self) -> pq.ParquetWriter:
        if self._writer is None:
            path = self._directory / f"{self._split}-{len(self._paths):05d}.parquet"
            self._writer = self._open.enter_context(whole_parquet(path, self._schema))
            self._paths.append(path)
        return self._writer

    def _close(self) -> None:
        self._wait()  # one at a time: a disk that cannot keep up must not fill the memory
        self._ending = self._thread.submit(self._open.close)
        self._open, self._writer, self._bytes = ExitStack(), None, 0

    def _wait(self) -> None:
        if self._ending:
            self._ending.result()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._thread:
            if kind is not None:  # the shard that is open must not appear: it may lack rows
                self._open.__exit__(kind, error, traceback)
                return
            if not self._paths:
                self._started()
            self._close()
            self._wait()
        for number, path in enumerate(self._paths):
            path.rename(path.with_name(f"{self._split}-{number:05d}-of-{len(self._paths):05d}.parquet"))
