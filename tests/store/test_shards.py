"""Shards: they are whole or not there, whatever ends their writer."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import DamagedFile
from store.schema import IMAGES, PAGES
from store.shards import ShardLimits, ShardWriter, read_schema, shard_paths, whole_parquet
from tests.small_disk import SmallDisk

SCHEMA = pa.schema([("name", pa.string()), ("content", pa.binary()), ("numbers", pa.list_(pa.int64()))])


def row(number: int, size: int = 10) -> dict[str, object]:
    return {"name": f"n{number}", "content": bytes([number % 256]) * size, "numbers": [number]}


def names(directory: Path) -> list[str]:
    return [name for path in shard_paths(directory) for name in pq.read_table(path)["name"].to_pylist()]


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA) as writer:
        for number in range(250):
            writer.append(row(number))
    assert names(tmp_path) == [f"n{number}" for number in range(250)]


@pytest.mark.parametrize(
    "limits",
    [ShardLimits(rows=10), ShardLimits(bytes=120), ShardLimits(seconds=0)],
    ids=["rows", "bytes", "seconds"],
)
def test_a_limit_completes_a_shard(tmp_path: Path, limits: ShardLimits) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA, limits) as writer:
        paths = [writer.append(row(number)) for number in range(30)]
    assert any(paths)
    assert len(shard_paths(tmp_path)) >= 3
    assert len(names(tmp_path)) == 30


@pytest.mark.parametrize(
    ("limits", "rows"),
    [
        (ShardLimits(row_group_rows=7), [7, 7, 6]),
        (ShardLimits(row_group_rows=7, row_group_bytes=50), [3, 3, 3, 3, 3, 3, 2]),
    ],
    ids=["rows", "bytes"],
)
def test_row_groups_are_small(tmp_path: Path, limits: ShardLimits, rows: list[int]) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA, limits) as writer:
        for number in range(20):
            writer.append(row(number, size=20))
    metadata = pq.read_metadata(shard_paths(tmp_path)[0])
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == rows


def test_an_exception_publishes_what_was_given(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ShardWriter(tmp_path, "s", SCHEMA) as writer:
        writer.append(row(1))
        raise RuntimeError
    assert names(tmp_path) == ["n1"]


def test_nothing_given_writes_nothing(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA) as writer:
        assert writer.commit() is None
    assert not list(tmp_path.iterdir())


def test_a_row_of_a_wrong_type_loses_only_its_row_group(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowInvalid), ShardWriter(tmp_path, "s", SCHEMA, ShardLimits(rows=5)) as writer:
        for number in range(5):
            writer.append(row(number))
        writer.append({"name": "x", "content": b"", "numbers": ["no number"]})
    assert names(tmp_path) == [f"n{number}" for number in range(5)]
    assert not list(tmp_path.glob(".*"))


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA) as writer:
        writer.append({**row(1), "name": "犬\ud83d\ude00\ud83d"})
        writer.append(row(2))
    assert names(tmp_path) == ["犬😀\ufffd", "n2"]


def test_shards_have_page_index_and_checksums(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA) as writer:
        writer.append(row(1, size=5000))
    path = shard_paths(tmp_path)[0]
    content, name = (
        pq.read_metadata(path).row_group(0).column(1),
        pq.read_metadata(path).row_group(0).column(0),
    )
    assert (content.compression, name.compression) == ("UNCOMPRESSED", "ZSTD")
    assert name.has_column_index
    assert name.has_offset_index
    damaged = path.read_bytes().replace(b"\x01" * 5000, b"\x01" * 4999 + b"\x02")
    path.write_bytes(damaged)
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(path, page_checksum_verification=True)


KILLED = """
import sys
from pathlib import Path
from tests.store.test_shards import SCHEMA, row
from store.shards import ShardLimits, ShardWriter
writer = ShardWriter(Path(sys.argv[1]), "s", SCHEMA, ShardLimits(rows=10, row_group_rows=3))
for number in range(10_000_000):
    if writer.append(row(number)):
        print(number, flush=True)
"""


def test_a_killed_writer_loses_only_rows_since_the_last_commit(tmp_path: Path) -> None:
    code = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        committed = [int(process.stdout.readline()) for _ in range(3)][-1]
        process.kill()
    found = names(tmp_path)
    assert found == [f"n{number}" for number in range(len(found))]
    assert len(found) > committed


def test_a_full_disk_raises_and_keeps_whole_shards(small_disk: SmallDisk) -> None:
    disk = small_disk(256)
    with (
        pytest.raises(OSError, match="space"),
        ShardWriter(disk, "s", SCHEMA, ShardLimits(rows=4, row_group_rows=2)) as writer,
    ):
        for number in range(100):
            writer.append(row(number, size=10_000))
    found = names(disk)
    assert found == [f"n{number}" for number in range(len(found))]
    assert found
    assert not list(disk.glob(".*"))


@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_cut_shard_is_damaged(tmp_path: Path, keep: int) -> None:
    with ShardWriter(tmp_path, "s", SCHEMA) as writer:
        writer.append(row(1))
    path = shard_paths(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DamagedFile, match="not a whole Parquet file"):
        shard_paths(tmp_path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_are_refused_with_one_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(DamagedFile):
        read_schema(path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "s", pa.schema([("name", pa.string())])) as writer:
        writer.append({"name": "a"})
    with pytest.raises(DamagedFile, match="no column 'content'"):
        shard_paths(tmp_path, SCHEMA)


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, "s", pa.schema([("name", pa.int64())])) as writer:
        writer.append({"name": 1})
    with pytest.raises(DamagedFile, match="'name' is int64, not string"):
        shard_paths(tmp_path, pa.schema([("name", pa.string())]))


def test_a_folder_that_is_not_there_has_no_shards(tmp_path: Path) -> None:
    assert shard_paths(tmp_path / "none") == []


@pytest.mark.parametrize("schema", [PAGES, IMAGES], ids=["pages", "images"])
def test_an_empty_table_of_each_schema_can_be_written(tmp_path: Path, schema: pa.Schema) -> None:
    with whole_parquet(tmp_path / "a.parquet", schema) as writer:
        writer.write_table(schema.empty_table())
    assert shard_paths(tmp_path, schema)
