"""Writes the photos table: photos and captions come in blocks, the photos' bytes stream from their shards."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dataset.build.shards.photos import ROW_GROUP_BYTES, SplitWriter
from dataset.read import SPLITS
from store.errors import DamagedFile
from store.photo.errors import UnusablePhoto
from store.photo.keys import check_contents
from store.photo.metadata.cut import bare
from store.processes.ahead import ahead
from store.progress import Progress
from store.register.kinds import DATASET_SHARDS
from store.schema import DECODER, PHOTOS
from store.shard_reader import Shard, unreadable

ROWS_PER_SHARD = 2**40
"""More than any shard has: a photo's position is shard * ROWS_PER_SHARD + row."""

ImageSource = Callable[[Shard, list[int], NDArray[np.bool_]], pa.StructArray]
"""Reads the photos of some row groups of a shard: (n,) struct<image struct<bytes, path>, image_sha256>.

The last argument, (n,), tells of which photos something may have to be cut out.
"""

Images = tuple[int, int, pa.StructArray]
"""The position of the first photo in some row groups, the one behind the last, and the photos between."""


def write_photos(
    blocks: Iterable[pa.Table],
    shards: Sequence[Path],
    image: ImageSource,
    directory: Path,
    total: int,
    decoder: int = DECODER,
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Write data/train-*.parquet and data/dev-*.parquet in `directory`, block by block.

    Args:
        blocks: tables with n, split, shard, row, bare, and the columns of PHOTOS but image: train before dev,
            each in the order of n, which numbers photos by shard and row. So shards are read in order.
        shards: the files with the photos' bytes; `shard` is an index into this list.
        image: reads the photos of a shard.
        directory: the dataset's; its folder for shards is made here.
        total: the most photos that there can be, for progress.
        decoder: the version of the decoder that described them.

    Yields:
        For each block, the photos that were written, and those that were not, because they have no bytes.
    """
    folder = directory / DATASET_SHARDS
    with ExitStack() as stack:
        progress = stack.enter_context(Progress("dataset", total, "photos"))
        writers = {split: stack.enter_context(SplitWriter(folder, split, decoder)) for split in SPLITS}
        for block in blocks:
            empty: list[int] = []
            # Train and dev of a block lie in the same shards: each row group is read once, for both.
            halves = [(writers[split], half, _positions(half)) for split, half in by_split(block).items()]
            for first, last, images in ahead(_images(block, shards, image)):
                for writer, half, positions in halves:
                    low, high = np.searchsorted(positions, [first, last])
                    read = images.take(pa.array(positions[low:high] - first))
                    empty += _append(writer, half.slice(low, high - low), read)
            for writer, _, _ in halves:
                writer.copy_waiting()
            progress.advance(block.num_rows)
            if empty:
                without_bytes = pc.is_in(block["n"], pa.array(empty, pa.int64()))
                yield block.filter(pc.invert(without_bytes)), block.filter(without_bytes)
            else:  # nearly always: spare the copy
                yield block, block.slice(0, 0)


def by_split(photos: pa.Table) -> dict[str, pa.Table]:
    """Return the photos of each split, of a table with train before dev.

    Raises:
        ValueError: a photo of train comes after one of dev.
    """
    is_train = pc.equal(photos["split"], SPLITS[0])
    train = pc.sum(is_train).as_py() or 0
    if pc.any(is_train.slice(train)).as_py():
        raise ValueError("a photo of train comes after one of dev")
    return dict(zip(SPLITS, (photos.slice(0, train), photos.slice(train)), strict=True))


def _append(writer: SplitWriter, photos: pa.Table, images: pa.StructArray) -> list[int]:
    """Write `photos` with their `images` as an ImageSource has them; return the n of those without bytes."""
    for name in _PICTURE:
        photos = photos.append_column(name, images.field(name))
    filled = pc.fill_null(pc.greater(pc.binary_length(images.field("image").field("bytes")), 0), False)
    writer.append(photos.filter(filled) if filled.false_count else photos)
    return photos.filter(pc.invert(filled))["n"].to_pylist() if filled.false_count else []


def _positions(photos: pa.Table) -> NDArray[np.int64]:
    """Return (n,) numbers that sort photos by shard, then by row."""
    positions: NDArray[np.int64] = photos["shard"].to_numpy() * ROWS_PER_SHARD + photos["row"].to_numpy()
    return positions


def _images(photos: pa.Table, shards: Sequence[Path], image: ImageSource) -> Generator[Images]:
    """Yield the images of those row groups that hold any of `photos`."""
    positions = _positions(photos)
    numbers = positions // ROWS_PER_SHARD
    careful = positions[~photos["bare"].fill_null(False).to_numpy()]
    for number in np.unique(numbers).tolist():
        rows = positions[numbers == number] % ROWS_PER_SHARD
        with Shard(shards[number]) as shard:
            # `ends[g]` is the row behind row group g, so a search in `ends` gives the row group of a row.
            ends = np.cumsum([shard.metadata.row_group(g).num_rows for g in range(shard.num_row_groups)])
            needed = np.unique(np.searchsorted(ends, rows, side="right")).tolist()
            for groups in _adjacent(shard.metadata, needed):
                start, end = int(ends[groups[0] - 1]) if groups[0] else 0, int(ends[groups[-1]])
                first = number * ROWS_PER_SHARD + start
                to_cut = np.isin(np.arange(first, first + end - start), careful)
                yield first, first + end - start, _read(image, shard, groups, to_cut, shards[number])


def _adjacent(shard: pq.FileMetaData, groups: Iterable[int]) -> Iterator[list[int]]:
    """Yield runs of adjacent row groups of up to ROW_GROUP_BYTES, to be read at once."""
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


def _read(
    image: ImageSource, shard: Shard, groups: list[int], to_cut: NDArray[np.bool_], path: Path
) -> pa.StructArray:
    try:
        return image(shard, groups, to_cut)
    except (pa.ArrowException, OSError) as error:
        told = unreadable(path, error)
        reason = f"row groups {groups[0]} to {groups[-1]} cannot be read ({told.reason})"
        raise DamagedFile(path, reason, told.remedy) from error


_PICTURE = ("image", "image_sha256")
_IMAGE = PHOTOS.field("image").type
_JPEG = pa.array(["jpeg", "mpo"])
"""What the column `format` calls a JPEG; 0.1 said mpo where a phone had put a second picture into it."""


def crawl_image(shard: Shard, groups: list[int], to_cut: NDArray[np.bool_]) -> pa.StructArray:
    """Read the photos in row groups of a crawl's images table; the path is the sha256 with a suffix.

    What their metadata tell beside orientation, colours and rights is cut out of those in `to_cut`.

    Raises:
        DamagedFile: a photo has other bytes than its sha256 says.
    """
    rows = shard.read_row_groups(groups, columns=["bytes", "sha256", "format"]).combine_chunks()
    check_contents(shard.path, rows["sha256"], rows["bytes"])
    suffix = pc.if_else(pc.is_in(rows["format"], _JPEG), "jpg", rows["format"])
    paths = pc.binary_join_element_wise(rows["sha256"], pc.coalesce(suffix, "jpg"), ".").combine_chunks()
    contents, digests = _bare(rows["bytes"].combine_chunks(), rows["sha256"].combine_chunks(), to_cut)
    return _images_of(pa.StructArray.from_arrays([contents, paths], fields=list(_IMAGE)), digests)


def _bare(
    photos: pa.BinaryArray, sha256s: pa.StringArray, to_cut: NDArray[np.bool_]
) -> tuple[pa.BinaryArray, pa.StringArray]:
    """Return photos (n,), those in `to_cut` without metadata, and the sha256 of each.

    Null stands for one that cannot be used, or that forbids training. Most have nothing to cut out: they keep
    their sha256, and where all do, nothing is copied.
    """
    changed = {}
    for n in np.flatnonzero(to_cut).tolist():
        content = photos[n].as_py()
        if (new := _bare_photo(content)) is not content and new != content:
            changed[n] = new
    if not changed:
        return photos, sha256s
    contents, digests = photos.to_pylist(), sha256s.to_pylist()
    for n, content in changed.items():
        contents[n], digests[n] = content, sha256(content or b"").hexdigest()
    return pa.array(contents, pa.binary()), pa.array(digests, pa.string())


def _bare_photo(content: bytes | None) -> bytes | None:
    if not content:
        return None
    try:
        found = bare(content)
    except UnusablePhoto:
        return None
    return None if found.rights.refusal else found.content


def _images_of(image: pa.StructArray, image_sha256: pa.StringArray) -> pa.StructArray:
    return pa.StructArray.from_arrays([image, image_sha256], names=list(_PICTURE))
