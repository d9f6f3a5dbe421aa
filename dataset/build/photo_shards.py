"""Writes the shards of one split, in row groups small enough for a preview."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.schema import PHOTOS
from store.shards import whole_parquet

ROW_GROUP_ROWS = 100
SMALL_ROW_GROUP = 2**20
"""A hundred photos of fewer bytes share a row group with the next hundred: many tiny row groups take more
room than their photos, and a preview reads one of this size as fast."""
ROW_GROUP_BYTES = 16 * 2**20
"""The most bytes of photos in a row group, unless a single photo has more; also how much is read at once."""
SHARD_BYTES = 224 * 2**20
"""A shard ends before this size: a row group and a footer less than the 256 MiB that it may have."""


class SplitWriter:
    """Writes the shards of one split while the `with` block runs.

    Args:
        directory: gets the shards.
        split: train or dev.
        decoder: the version of the decoder that described the photos.

    How many shards there are is in their names, so they get these at the end: train-00000-of-0000N.parquet.
    """

    def __init__(self, directory: Path, split: str, decoder: int) -> None:
        self._directory, self._split = directory, split
        features = json.dumps({"info": {"features": FEATURES}})
        self._schema = PHOTOS.with_metadata({"huggingface": features, "decoder": str(decoder)})
        self._open = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._paths: list[Path] = []
        self._waiting: list[pa.Table] = []
        self._rows = self._bytes = self._shard_bytes = 0

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
        if self._waiting:
            everything = pa.array(np.arange(self._rows))  # `take` copies, a slice or a concatenation does not
            self._waiting = [pa.concat_tables(self._waiting).take(everything)]

    def _flush(self) -> None:
        if self._shard_bytes + self._bytes > SHARD_BYTES and self._writer is not None:
            self._close()
        if self._writer is None:
            path = self._directory / f"{self._split}-{len(self._paths):05d}.parquet"
            self._writer = self._open.enter_context(whole_parquet(path, self._schema))
            self._paths.append(path)
        if self._waiting:  # a split without photos has no row groups: `datasets` fails on empty ones
            self._writer.write_table(pa.concat_tables(self._waiting))
        self._shard_bytes += self._bytes
        self._waiting, self._rows, self._bytes = [], 0, 0

    def _close(self) -> None:
        self._open.close()
        self._open, self._writer, self._shard_bytes = ExitStack(), None, 0

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is not None:  # the shard that is open must not appear: it may lack rows
            self._open.__exit__(kind, error, traceback)  # type: ignore[arg-type]
            return
        if self._rows or not self._paths:
            self._flush()
        self._close()
        for number, path in enumerate(self._paths):
            path.rename(path.with_name(f"{self._split}-{number:05d}-of-{len(self._paths):05d}.parquet"))


def _feature(kind: pa.DataType) -> dict[str, object]:
    """Return an Arrow type as the Hugging Face metadata spells it."""
    if pa.types.is_list(kind):
        return {"_type": "List", "feature": _feature(kind.value_type)}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"_type": "Value", "dtype": str(kind) if str(kind) != "float" else "float32"}


FEATURES = {f.name: {"_type": "Image"} if f.name == "image" else _feature(f.type) for f in PHOTOS}
