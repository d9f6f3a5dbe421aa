"""Writes the shards of one split, in row groups small enough for a preview."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.shards.numbered import NumberedShards
from dataset.describe.hub import schema_metadata
from store.schema import PHOTOS

ROW_GROUP_ROWS = 100
SMALL_ROW_GROUP = 2**20
"""A hundred photos of fewer bytes share a row group with the next hundred: many tiny row groups take more
room than their photos, and a preview reads one of this size as fast."""
ROW_GROUP_BYTES = 16 * 2**20
"""The most bytes of photos in a row group, unless a single photo has more; also how much is read at once."""


class SplitWriter:
    """Gathers the photos of one split into row groups while the `with` block runs.

    Args:
        directory: gets the shards.
        split: train or dev.
        decoder: the version of the decoder that described the photos.
    """

    def __init__(self, directory: Path, split: str, decoder: int) -> None:
        metadata = {"huggingface": schema_metadata(PHOTOS), "decoder": str(decoder)}
        self._shards = NumberedShards(directory, split, PHOTOS.with_metadata(metadata))
        self._waiting: list[pa.Table] = []
        self._copied = self._rows = self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def append(self, table: pa.Table) -> None:
        """Add photos (the columns of PHOTOS); they are written once they fill a row group."""
        table = table.select(PHOTOS.names)
        ends = np.cumsum(pc.binary_length(pc.struct_field(table["image"], "bytes")).to_numpy())
        at = 0
        while at < table.num_rows:
            # `ends` counts from the table's first photo, the room in the row group from `at`.
            room = ROW_GROUP_BYTES - self._bytes + (ends[at - 1] if at else 0)
            fitting = int(np.searchsorted(ends, room, side="right")) - at
            # A photo larger than a whole row group gets one of its own.
            if fitting <= 0 and self._rows:
                self._flush()
                continue
            part = table.slice(at, min(ROW_GROUP_ROWS - self._rows % ROW_GROUP_ROWS, max(fitting, 1)))
            at += part.num_rows
            self._waiting.append(part)
            self._rows += part.num_rows
            self._bytes += part.nbytes
            if self._rows % ROW_GROUP_ROWS == 0 and self._bytes >= SMALL_ROW_GROUP:
                self._flush()

    def copy_waiting(self) -> None:
        """Copy the photos that wait to be written: as slices, they keep the whole block in memory."""
        if new := self._waiting[self._copied :]:
            table = pa.concat_tables(new)
            # `take` copies, a slice or a concatenation does not.
            self._waiting[self._copied :] = [table.take(pa.array(np.arange(table.num_rows)))]
            self._copied = len(self._waiting)

    def _flush(self) -> None:
        if self._waiting:  # a split without photos has no row groups: `datasets` fails on empty ones
            self._shards.write(pa.concat_tables(self._waiting), self._bytes)
        self._waiting, self._copied, self._rows, self._bytes = [], 0, 0, 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._shards.__exit__(kind, error, traceback)
