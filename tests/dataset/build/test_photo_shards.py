"""Photos with their captions, written block by block: how large row groups are, and what stays in memory."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.build.photos_table import _adjacent, by_split, write_photos
from dataset.build.shards.photos import SplitWriter
from store.schema import PHOTOS

IMAGE = PHOTOS.field("image").type


def photos(count: int, captions: int = 1, **columns: pa.Array) -> pa.Table:
    """Return rows of the photos table, all the same, but for `columns`; without image unless it is given."""
    text = "これは二十文字くらいの面白いボケです"
    caption = {"boke_id": 1, "text": text, "text_nfkc": text, "tokens": list(text)}
    row = {"sha256": "s", "captions": [caption] * captions}
    schema = pa.schema([field for field in PHOTOS if field.name != "image"])
    table = pa.Table.from_pylist([row] * count, schema)
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def images(sizes: list[int]) -> pa.StructArray:
    contents = [
        pa.array([b"x" * size for size in sizes], pa.binary()),
        pa.array(["a.jpg"] * len(sizes), pa.string()),
    ]
    return pa.StructArray.from_arrays(contents, fields=list(IMAGE))


def row_groups(directory: Path) -> Iterator[list[int]]:
    """Yield the sizes of the photos in each row group."""
    for path in sorted(directory.glob("train-*.parquet")):
        with pq.ParquetFile(path) as shard:
            for group in range(shard.num_row_groups):
                found = shard.read_row_group(group, columns=["image.bytes"])["image"].to_pylist()
                yield [len(image["bytes"]) for image in found]


@pytest.mark.parametrize("parts", [(7,), (100,), (64, 300, 1), (1000,)])
def test_no_row_group_holds_more_than_it_may(
    parts: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataset.build.shards.photos.ROW_GROUP_BYTES", 40_000)
    monkeypatch.setattr("dataset.build.shards.photos.SMALL_ROW_GROUP", 0)
    sizes = np.random.default_rng(0).integers(1, 3_000, 1000).tolist()
    sizes[500] = 90_000  # more than a row group may hold: it has one of its own
    with SplitWriter(tmp_path, "train", 2) as writer:
        at = 0
        while at < len(sizes):
            for part in parts:
                some = sizes[at : at + part]
                writer.append(photos(len(some), image=images(some)))
                at += part
    groups = list(row_groups(tmp_path))
    assert [size for group in groups for size in group] == sizes
    assert all(sum(group) <= 40_000 or group == [90_000] for group in groups)
    assert all(len(group) <= 100 for group in groups)


def test_what_a_photo_came_with_does_not_stay_while_it_waits(tmp_path: Path) -> None:
    per_block, blocks = 50, 20
    path = tmp_path / "images.parquet"
    pq.write_table(pa.table({"x": pa.array(range(per_block * blocks))}), path, row_group_size=per_block)

    def block(number: int) -> pa.Table:
        """Return photos of which one is of dev: it waits for a hundred more, far longer than the others."""
        rows = pa.array(np.arange(per_block) + number * per_block)
        split = pa.array(["train"] * (per_block - 1) + ["dev"])
        shard = pa.array(np.zeros(per_block, np.int64))
        bare = pa.nulls(per_block, pa.bool_())
        made = photos(per_block, 60, n=rows, split=split, shard=shard, row=rows, bare=bare)
        return made.drop_columns("image_sha256")

    def read(_shard: pq.ParquetFile, groups: list[int], _: object) -> pa.StructArray:
        read = images([15_000] * per_block * len(groups))
        digests = pa.array(["0" * 64] * len(read))
        return pa.StructArray.from_arrays([read, digests], names=["image", "image_sha256"])

    before, allocated = pa.total_allocated_bytes(), []
    made = (block(number) for number in range(blocks))
    for _written in write_photos(made, [path], read, tmp_path, per_block * blocks):
        del _written
        allocated.append(pa.total_allocated_bytes() - before)
    size = block(0).nbytes
    assert max(allocated[10:]) < max(allocated[:5]) + 3 * size


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(1, 4))
def test_neighbouring_row_groups_are_read_at_once(wanted: list[bool], at_once: int) -> None:
    table = pa.table({"x": pa.array(np.arange(1000 * len(wanted)))})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=1000, use_dictionary=False, compression="NONE")
    metadata = pq.read_metadata(pa.BufferReader(sink.getvalue()))
    groups = [group for group, is_wanted in enumerate(wanted) if is_wanted]
    most = metadata.row_group(0).total_byte_size * at_once
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dataset.build.photos_table.ROW_GROUP_BYTES", most)
        reads = list(_adjacent(metadata, groups))
    assert [group for read in reads for group in read] == groups
    for read in reads:
        assert read == list(range(read[0], read[-1] + 1))
        assert len(read) <= at_once
    for one, after in pairwise(reads):
        assert after[0] != one[-1] + 1 or len(one) == at_once


def test_photos_in_another_order_are_not_taken_for_the_other_splits() -> None:
    with pytest.raises(ValueError, match="train comes after one of dev"):
        by_split(photos(3, split=pa.array(["train", "dev", "train"])))
