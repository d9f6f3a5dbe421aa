"""Tables of equal content are equal: shards that another tool has written anew are the same rows."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands.forget.command import forget
from commands.verify import verify
from dataset import read
from dataset.build.stage import build
from dataset.describe.inspect import inspect
from dataset.export.formats import export
from dataset.options import DatasetOptions
from store.errors import DamagedFile
from store.forget.content import Request
from store.place import Place
from store.schema import IMAGES, PAGES
from store.shard_reader import Shard, plain, sql_rows
from store.shards import shard_paths
from tests import crawl_tables
from web.content.catalogue import Catalogue

Rewrite = Callable[[Path], None]


def large(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind):
        return pa.large_string()
    if pa.types.is_binary(kind):
        return pa.large_binary()
    if pa.types.is_list(kind):
        return pa.large_list(large(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, large(field.type)) for field in kind])
    return kind


def to_large(path: Path) -> None:
    table = pq.read_table(path)
    schema = pa.schema([(field.name, large(field.type)) for field in table.schema])
    pq.write_table(table.cast(schema), path)


def column(path: Path, name: str, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> None:
    table = pq.read_table(path)
    if name in table.column_names:
        table = table.set_column(table.column_names.index(name), name, change(table[name]))
    pq.write_table(table, path)


def by_duckdb(path: Path) -> None:
    new = path.with_name(".new")
    duckdb.sql(f"COPY (FROM '{path}') TO '{new}' (FORMAT parquet)")
    new.rename(path)


REWRITES: dict[str, Rewrite] = {
    "duckdb": by_duckdb,
    "polars": lambda path: polars.read_parquet(path).write_parquet(path),
    "pandas": lambda path: pq.read_table(path).to_pandas().to_parquet(path),
    "large types": to_large,
    "dictionary": lambda path: column(path, "outcome", lambda values: values.dictionary_encode()),
    "nanoseconds": lambda path: column(
        path, "fetched_at", lambda values: values.cast(pa.timestamp("ns", tz="UTC"))
    ),
    "seconds of Tokyo": lambda path: column(
        path, "fetched_at", lambda values: values.cast(pa.timestamp("ms", tz="Asia/Tokyo"), safe=False)
    ),
}
OPTIONS = DatasetOptions(tokenizer="characters", dev_fraction=0.3)
QUICK = ("pandas", "large types", "nanoseconds")
each_rewrite = pytest.mark.parametrize(
    "rewrite",
    [
        pytest.param(rewrite, id=name, marks=[] if name in QUICK else [pytest.mark.long])
        for name, rewrite in REWRITES.items()
    ],
)


def pipelines(tmp_path: Path, rewrite: Rewrite) -> tuple[Path, Path]:
    """Make a crawl, and a copy of it that another tool has written; return both folders."""
    crawls = []
    for name in ("as it was", "rewritten"):
        crawl = crawl_tables.crawl(tmp_path / "data" / name / "crawl", photos=6)
        crawls.append(crawl)
    # Both are the same bytes: photos and times are drawn from seeds.
    for path in crawls[1].rglob("*.parquet"):
        rewrite(path)
    return crawls[0], crawls[1]


def rows(directory: Path) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in read.captions(directory).to_pylist())


@each_rewrite
def test_a_crawl_that_another_tool_wrote_builds_the_same_dataset(tmp_path: Path, rewrite: Rewrite) -> None:
    built = []
    for crawl in pipelines(tmp_path, rewrite):
        assert [problem for problem in verify(crawl) if not problem.is_notice] == []
        build(OPTIONS, [crawl], crawl.with_name("dataset"), name="p")
        built.append(crawl.with_name("dataset"))
    assert rows(built[0]) == rows(built[1])
    assert dict(read.photo_bytes(built[0])) == dict(read.photo_bytes(built[1]))


@each_rewrite
def test_a_dataset_that_another_tool_wrote_anew_is_read_by_all(tmp_path: Path, rewrite: Rewrite) -> None:
    crawl, _ = pipelines(tmp_path, rewrite)
    directory = crawl.with_name("dataset")
    build(OPTIONS, [crawl], directory, name="p")
    before, photos = rows(directory), dict(read.photo_bytes(directory))
    for path in directory.glob("*.parquet"):
        rewrite(path)
    assert rows(directory) == before
    assert dict(read.photo_bytes(directory)) == photos
    catalogue = Catalogue.load(directory)
    assert {catalogue.sha256s[n]: catalogue.bytes(n) for n in range(len(photos))} == photos
    assert export(directory, tmp_path / "pairs", "pairs") == len(before)
    inspect(directory)


@each_rewrite
def test_what_another_tool_wrote_anew_is_forgotten(tmp_path: Path, rewrite: Rewrite) -> None:
    _, crawl = pipelines(tmp_path, rewrite)
    build(OPTIONS, [crawl], crawl.with_name("dataset"), name="p")
    for path in crawl.with_name("dataset").glob("data/*.parquet"):
        rewrite(path)
    [odai, *_] = {row["odai_id"] for row in crawl_tables.rows(crawl, "pages")}
    address = crawl_tables.image_url(int(odai))
    [sha256] = {row["sha256"] for row in crawl_tables.rows(crawl, "images") if row["url"] == address}
    content = dict(read.photo_bytes(crawl.with_name("dataset")))[sha256]
    forget(Place(tmp_path / "data", crawl.parent.name), Request(odai=int(odai)))
    for path in crawl.parent.rglob("*.parquet"):
        assert content not in path.read_bytes(), path
    assert [problem for problem in verify(crawl) if not problem.is_notice] == []


def test_a_type_that_holds_other_values_is_named(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "crawl", photos=2)
    [path] = (crawl / "pages").glob("*.parquet")
    column(path, "odai_id", lambda values: values.cast(pa.string()))
    with pytest.raises(DamagedFile, match="column 'odai_id' is string, not int64"):
        shard_paths(crawl / "pages", PAGES)


@pytest.mark.parametrize("name", PAGES.names)
def test_our_own_types_are_plain_and_nothing_is_cast(tmp_path: Path, name: str) -> None:
    assert plain(PAGES.field(name).type) == PAGES.field(name).type
    crawl = crawl_tables.crawl(tmp_path / "crawl", photos=2)
    paths = shard_paths(crawl / "pages")
    assert "CAST" not in sql_rows(paths, PAGES)
    with Shard(paths[0], PAGES) as shard:
        assert shard.schema_arrow.field(name).type == PAGES.field(name).type


def test_whole_numbers_that_pandas_made_floats_are_whole_again(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "crawl", photos=2)
    [path] = (crawl / "images").glob("*.parquet")
    column(path, "width", lambda values: values.cast(pa.float64()))
    with Shard(path, IMAGES) as shard:
        assert shard.read(["width"]).schema.field("width").type == pa.int32()
    types = duckdb.execute(f"SELECT DISTINCT typeof(width) FROM {sql_rows([path], IMAGES)}").fetchall()
    assert types == [("INTEGER",)]


def test_a_number_that_is_not_whole_is_cut_to_none(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "crawl", photos=2)
    [path] = (crawl / "images").glob("*.parquet")
    column(path, "width", lambda values: pa.chunked_array([[96.5] * len(values)]))
    with (
        Shard(path, IMAGES) as shard,
        pytest.raises(DamagedFile, match=r"column .width., which is int32: Float value 96.5"),
    ):
        shard.read(["width"])


def test_zeros_that_compress_to_nothing_are_refused_by_size(tmp_path: Path) -> None:
    """Four rows of 100 MB each in some kilobytes: nothing is unpacked to find out."""
    path, schema = tmp_path / "a.parquet", pa.schema([("bytes", pa.binary())])
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        for _ in range(4):
            writer.write_table(pa.table({"bytes": [bytes(100_000_000)]}, schema))
    assert path.stat().st_size < 100_000
    said = r"a.parquet is damaged: its [\d,]+ bytes hold 400,\d{3},\d{3}, more than 100 times as many"
    before = pa.total_allocated_bytes()
    with pytest.raises(DamagedFile, match=said):
        shard_paths(tmp_path)
    with pytest.raises(DamagedFile, match=said):
        Shard(path)
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_a_small_file_may_compress_as_well_as_it_can(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"bytes": [bytes(50_000_000)]}), path, compression="zstd", use_dictionary=False)
    with Shard(path) as shard:
        assert len(shard.read()["bytes"][0].as_py()) == 50_000_000
