"""Write the photos table: photos come with their captions in blocks, bytes stream past from their shards."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dataset.errors import DamagedFile
from dataset.progress import Progress
from dataset.read import SPLITS
from dataset.schema import PHOTOS
from dataset.shards import whole_parquet

ROW_GROUP_ROWS = 100
SMALL_ROW_GROUP = 2**20
"""A hundred photos that hold less than this share a row group with the next hundred: many tiny row groups
cost more than what is in them, and a preview that reads one of this size is no slower."""
ROW_GROUP_BYTES = 16 * 2**20
"""What a row group holds at most, whether there are a hundred photos in it or not; and a read of photos."""
SHARD_BYTES = 224 * 2**20
"""Where a shard ends, a row group and the footer short of the 256 MiB it may have."""

ROWS_PER_SHARD = 2**40

ImageSource = Callable[[pq.ParquetFile, list[int]], pa.StructArray]
"""Reads the photos of some row groups of a shard: struct<bytes, path>, a row each."""


Images = tuple[int, int, pa.StructArray]
"""The places from and to which some row groups go, and what is in them."""


def write_photos(
    blocks: Iterable[pa.Table], shards: Sequence[Path], image: ImageSource, directory: Path, total: int
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Write train-*.parquet and dev-*.parquet into `directory`, block by block.

    Args:
        blocks: photos with n, split, shard, row, and the columns of PHOTOS but image: train's before dev's,
            each in the order of n, which counts photos by shard and row.
        shards: where the photos' bytes lie; `shard` is a place in this list.
        image: how to read them there.
        directory: where they go.
        total: how many photos there are at most.

    Yields:
        Of each block the photos that were written, and those that were not, having no bytes.
    """
    with ExitStack() as stack:
        progress = stack.enter_context(Progress("dataset", total, "photos"))
        writers = {split: stack.enter_context(_SplitWriter(directory, split)) for split in SPLITS}
        for block in blocks:
            empty: list[int] = []
            halves = [(writers[split], half, _places(half)) for split, half in by_split(block).items()]
            for first, last, images in _ahead(_images(block, shards, image)):
                for writer, half, places in halves:
                    low, high = np.searchsorted(places, [first, last])
                    found = images.take(pa.array(places[low:high] - first))
                    empty += _append(writer, half.slice(low, high - low), found)
            progress.advance(block.num_rows)
            gone = pc.is_in(block["n"], pa.array(empty, pa.int64()))
            yield (block.filter(pc.invert(gone)), block.filter(gone)) if empty else (block, block.slice(0, 0))


def by_split(photos: pa.Table) -> dict[str, pa.Table]:
    """Return the photos of each split, where train's come before dev's."""
    train = pc.sum(pc.equal(photos["split"], SPLITS[0])).as_py() or 0
    return dict(zip(SPLITS, (photos.slice(0, train), photos.slice(train)), strict=True))


def _append(writer: "_SplitWriter", photos: pa.Table, images: pa.StructArray) -> list[int]:
    """Write `photos` with their `images`; return the n of those without bytes."""
    photos = photos.append_column("image", images)
    filled = pc.fill_null(pc.greater(pc.binary_length(images.field("bytes")), 0), False)
    writer.append(photos.filter(filled) if filled.false_count else photos)
    return photos.filter(pc.invert(filled))["n"].to_pylist() if filled.false_count else []


def _places(photos: pa.Table) -> NDArray[np.int64]:
    """Return numbers that sort photos as they lie: by shard, then by row."""
    places: NDArray[np.int64] = photos["shard"].to_numpy() * ROWS_PER_SHARD + photos["row"].to_numpy()
    return places


def _images(photos: pa.Table, shards: Sequence[Path], image: ImageSource) -> Iterator[Images]:
    """Yield the images of the row groups with some of `photos`."""
    places = _places(photos)
    numbers = places // ROWS_PER_SHARD
    for number in np.unique(numbers).tolist():
        rows = places[numbers == number] % ROWS_PER_SHARD
        with pq.ParquetFile(shards[number], page_checksum_verification=True) as shard:
            ends = np.cumsum([shard.metadata.row_group(g).num_rows for g in range(shard.num_row_groups)])
            wanted = np.unique(np.searchsorted(ends, rows, side="right")).tolist()
            for groups in _reads(shard.metadata, wanted):
                start, end = int(ends[groups[0] - 1]) if groups[0] else 0, int(ends[groups[-1]])
                images = _read(image, shard, groups, shards[number])
                yield number * ROWS_PER_SHARD + start, number * ROWS_PER_SHARD + end, images


def _ahead(reads: Iterator[Images]) -> Iterator[Images]:
    """Yield `reads`, the next of which is made while the last is written."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, reads, None)
        while (images := coming.result()) is not None:
            coming = pool.submit(next, reads, None)
            yield images


def _reads(shard: pq.FileMetaData, groups: Iterable[int]) -> Iterator[list[int]]:
    """Yield neighbouring row groups that are read at once."""
    read: list[int] = []
    size = 0
    for group in groups:
        more = shard.row_group(group).total_byte_size
        if read and (group != read[-1] + 1 or size + more > ROW_GROUP_BYTES):
            yield read
            read, size = [], 0
        read.append(group)
        size += more
    if read:
        yield read


def _read(image: ImageSource, shard: pq.ParquetFile, groups: list[int], path: Path) -> pa.StructArray:
    try:
        return image(shard, groups)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DamagedFile(
            path, f"row groups {groups[0]} to {groups[-1]} cannot be read ({reason})"
        ) from error


def crawl_image(shard: pq.ParquetFile, groups: list[int]) -> pa.StructArray:
    """Read the photos of row groups of a crawl's images table."""
    rows = shard.read_row_groups(groups, columns=["bytes", "sha256", "format"]).combine_chunks()
    suffix = pc.if_else(pc.equal(rows["format"], "jpeg"), "jpg", rows["format"])
    paths = pc.binary_join_element_wise(rows["sha256"], pc.coalesce(suffix, "jpg"), ".")
    return _image(rows["bytes"], paths)


def dataset_image(shard: pq.ParquetFile, groups: list[int]) -> pa.StructArray:
    """Read the photos of row groups of a dataset."""
    return shard.read_row_groups(groups, columns=["image"])["image"].combine_chunks()


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
        table = table.select(PHOTOS.names)
        while table.num_rows:
            part = table.slice(0, ROW_GROUP_ROWS - self._rows % ROW_GROUP_ROWS)
            table = table.slice(part.num_rows)
            self._waiting.append(part)
            self._rows += part.num_rows
            self._bytes += part.nbytes
            is_hundred = self._rows % ROW_GROUP_ROWS == 0
            if self._bytes >= ROW_GROUP_BYTES or (is_hundred and self._bytes >= SMALL_ROW_GROUP):
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
            self._writer.write_table(pa.concat_tables(self._waiting))
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
