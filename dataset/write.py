"""Write the photos table: captions come sorted from DuckDB, bytes stream past from the crawl's shards."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset.errors import DamagedFile
from dataset.progress import Progress
from dataset.read import SPLITS
from dataset.schema import CAPTION, PHOTOS
from dataset.shards import whole_parquet

ROW_GROUP_ROWS = 100
ROW_GROUP_BYTES = 16 * 2**20
SHARD_BYTES = 224 * 2**20
"""Where a shard ends, a row group and the footer short of the 256 MiB it may have."""


ImageSource = Callable[[pq.ParquetFile, int], pa.StructArray]
"""Reads the photos of one row group of a shard: struct<bytes, path>, a row each."""


def write_photos(
    connection: duckdb.DuckDBPyConnection, shards: Sequence[Path], image: ImageSource, directory: Path
) -> list[int]:
    """Write train-*.parquet and dev-*.parquet into `directory`; return the n of photos without bytes.

    Args:
        connection: holds `kept_photo` (n, split, shard, row, and the columns of PHOTOS but image and
            captions) and `kept_caption` (n, and the columns of CAPTION), n counting photos by shard and row.
        shards: where the photos lie; `shard` is a place in this list.
        image: how to read them there.
        directory: where they go.
    """
    total = len(connection.execute("SELECT n FROM kept_photo").fetchall())
    empty: list[int] = []
    with ExitStack() as stack:
        progress = stack.enter_context(Progress("dataset", total, "photos"))
        writers = {split: stack.enter_context(_SplitWriter(directory, split)) for split in SPLITS}
        for photos in _ahead(_with_captions(connection)):
            for table in _with_images(photos, shards, image):
                size = pc.fill_null(pc.binary_length(pc.struct_field(table["image"], "bytes")), 0)
                empty += table.filter(pc.equal(size, 0))["n"].to_pylist()
                for split, writer in writers.items():
                    mine = pc.and_(pc.equal(table["split"], split), pc.greater(size, 0))
                    writer.append(table.filter(mine).select(PHOTOS.names))
                progress.advance(table.num_rows)
    return empty


def _ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield `tables`, the next one being made while the caller is busy with this one."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, tables, None)
        while (table := coming.result()) is not None:
            coming = thread.submit(next, tables, None)
            yield table


def _with_captions(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
    """Yield the photos in order, some thousands a time, each with the list of its captions."""
    captions = _Run(
        connection.cursor().sql("SELECT * FROM kept_caption ORDER BY n, place").to_arrow_reader(20_000)
    )
    for batch in connection.cursor().sql("SELECT * FROM kept_photo ORDER BY n").to_arrow_reader(5_000):
        photos = pa.Table.from_batches([batch])
        mine = captions.up_to(batch["n"][-1].as_py())
        starts = np.searchsorted(mine["n"].to_numpy(), batch["n"].to_numpy())
        offsets = pa.array(np.append(starts, len(mine)), pa.int32())
        values = pa.StructArray.from_arrays(
            [mine[field.name].combine_chunks().cast(field.type) for field in CAPTION], fields=list(CAPTION)
        )
        yield photos.append_column("captions", pa.ListArray.from_arrays(offsets, values))


class _Run:
    """Rows sorted by n, taken from a stream of batches as far as asked."""

    def __init__(self, batches: pa.RecordBatchReader) -> None:
        self._batches = batches
        self._rest = pa.Table.from_batches([], batches.schema)

    def up_to(self, n: int) -> pa.Table:
        """Return the rows not taken yet whose n is at most `n`."""
        parts = [self._rest]
        while parts[-1].num_rows == 0 or parts[-1]["n"][-1].as_py() <= n:
            batch = next(self._batches, None)
            if batch is None:
                break
            parts.append(pa.Table.from_batches([batch]))
        table = pa.concat_tables(parts)
        end = pc.sum(pc.less_equal(table["n"], n)).as_py() or 0
        self._rest = table.slice(end)
        return table.slice(0, end)


def _with_images(photos: pa.Table, shards: Sequence[Path], image: ImageSource) -> Iterator[pa.Table]:
    """Yield `photos`, sorted by shard and row, with their `image`, a row group of a shard at a time."""
    places = photos["shard"].to_numpy()
    for number in dict.fromkeys(places.tolist()):
        low, high = np.searchsorted(places, [number, number + 1])
        mine = photos.slice(low, high - low)
        rows = mine["row"].to_numpy()
        with pq.ParquetFile(shards[number], page_checksum_verification=True) as shard:
            ends = np.cumsum([shard.metadata.row_group(g).num_rows for g in range(shard.num_row_groups)])
            for group in dict.fromkeys(np.searchsorted(ends, rows, side="right").tolist()):
                start = int(ends[group - 1]) if group else 0
                low, high = np.searchsorted(rows, [start, ends[group]])
                found = _read(image, shard, group, shards[number]).take(pa.array(rows[low:high] - start))
                yield mine.slice(low, high - low).append_column("image", found)


def _read(image: ImageSource, shard: pq.ParquetFile, group: int, path: Path) -> pa.StructArray:
    try:
        return image(shard, group)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFile(path, f"row group {group} cannot be read ({str(error).splitlines()[0]})") from error


def crawl_image(shard: pq.ParquetFile, group: int) -> pa.StructArray:
    """Read the photos of a row group of a crawl's images table."""
    rows = shard.read_row_group(group, columns=["bytes", "sha256", "format"]).combine_chunks()
    suffix = pc.if_else(pc.equal(rows["format"], "jpeg"), "jpg", rows["format"])
    paths = pc.binary_join_element_wise(rows["sha256"], pc.coalesce(suffix, "jpg"), ".")
    return _image(rows["bytes"], paths)


def dataset_image(shard: pq.ParquetFile, group: int) -> pa.StructArray:
    """Read the photos of a row group of a dataset."""
    return shard.read_row_group(group, columns=["image"])["image"].combine_chunks()


def _image(content: pa.ChunkedArray, paths: pa.ChunkedArray) -> pa.StructArray:
    arrays = [content.combine_chunks(), paths.combine_chunks()]
    return pa.StructArray.from_arrays(arrays, fields=list(PHOTOS.field("image").type))


class _SplitWriter:
    """Writes one split's shards, named by their number and, once that is known, by how many there are."""

    def __init__(self, directory: Path, split: str) -> None:
        self._directory, self._split = directory, split
        self._schema = PHOTOS.with_metadata({"huggingface": json.dumps({"info": {"features": FEATURES}})})
        self._open = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._paths: list[Path] = []
        self._waiting: list[pa.Table] = []
        self._rows = self._bytes = self._shard_bytes = 0

    def __enter__(self) -> "_SplitWriter":
        return self

    def append(self, table: pa.Table) -> None:
        """Add photos; they are written once they fill a row group."""
        for start in range(0, table.num_rows, ROW_GROUP_ROWS):
            part = table.slice(start, ROW_GROUP_ROWS)
            self._waiting.append(part)
            self._rows += part.num_rows
            self._bytes += part.get_total_buffer_size() * part.num_rows // table.num_rows
            if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
                self._flush()

    def _flush(self) -> None:
        if self._shard_bytes + self._bytes > SHARD_BYTES and self._writer is not None:
            self._close()
        if self._writer is None:
            path = self._directory / f"{self._split}-{len(self._paths):05d}.parquet"
            self._writer = self._open.enter_context(whole_parquet(path, self._schema))
            self._paths.append(path)
        if (
            self._waiting
        ):  # a split without photos is a file without row groups: `datasets` fails on empty ones
            rows = pa.concat_tables(self._waiting).cast(self._schema)
            self._writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)
        self._shard_bytes += self._bytes
        self._waiting, self._rows, self._bytes = [], 0, 0

    def _close(self) -> None:
        self._open.close()
        self._open, self._writer, self._shard_bytes = ExitStack(), None, 0

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is not None:
            self._open.__exit__(kind, error, traceback)  # type: ignore[arg-type]
            return
        if self._rows or not self._paths:
            self._flush()
        self._close()
        for number, path in enumerate(self._paths):
            path.rename(path.with_name(f"{self._split}-{number:05d}-of-{len(self._paths):05d}.parquet"))


def _feature(kind: pa.DataType) -> dict[str, object]:
    """Return how the Hugging Face metadata spells an Arrow type."""
    if pa.types.is_list(kind):
        return {"_type": "List", "feature": _feature(kind.value_type)}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"_type": "Value", "dtype": str(kind) if str(kind) != "float" else "float32"}


FEATURES = {f.name: {"_type": "Image"} if f.name == "image" else _feature(f.type) for f in PHOTOS}
