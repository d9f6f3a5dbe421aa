"""Every table of the schema, written anew in other types of equal values, is the same rows to all readers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featurize.read import vectors
from store.errors import DamagedFile
from store.schema import CANARIES, HISTORY, IMAGES, LEFT_OUT, PAGES, PHOTOS, SIDES, features
from store.shard_reader import Shard, sql_rows, unreadable
from store.shards import shard_paths

TABLES = {
    "pages": PAGES,
    "images": IMAGES,
    "left_out": LEFT_OUT,
    "canaries": CANARIES,
    "history": HISTORY,
    "sides": SIDES,
    "photos": PHOTOS,
}
NOW = datetime(2026, 11, 29, 12, 30, 15, 123456, UTC)


def value(kind: pa.DataType, row: int) -> Any:
    """Return a value of a type: the same for the same row, with every kind of emptiness among the rows."""
    types = pa.types
    if types.is_struct(kind):
        return {field.name: value(field.type, row) for field in kind}
    if types.is_map(kind):
        return [(f"k{row}", value(kind.item_type, row))]
    if types.is_list(kind):
        return [value(kind.value_type, row + number) for number in range(row % 3)]
    if row % 4 == 3:
        return None
    if types.is_timestamp(kind):
        return NOW + timedelta(days=row)
    if types.is_string(kind):
        return f"ボケ{row}"
    if types.is_binary(kind):
        return bytes([row, 255])
    if types.is_boolean(kind):
        return bool(row % 2)
    return row / 2 if types.is_floating(kind) else row


def table(schema: pa.Schema) -> pa.Table:
    rows = [{field.name: value(field.type, row) for field in schema} for row in range(9)]
    return pa.Table.from_pylist(rows, schema)


def changed(kind: pa.DataType, leaf: Callable[[pa.DataType], pa.DataType], **options: Any) -> pa.DataType:
    """Return a type with other leaves, lists, and order of fields."""
    if pa.types.is_struct(kind):
        fields = [field.with_type(changed(field.type, leaf, **options)) for field in kind]
        return pa.struct(fields[::-1] if options.get("reverse") else fields)
    if pa.types.is_list(kind):
        return options.get("list", pa.list_)(changed(kind.value_type, leaf, **options))
    return leaf(kind)


def rewrite(leaf: Callable[[pa.DataType], pa.DataType] = lambda kind: kind, **options: Any) -> Any:
    def write(rows: pa.Table, path: Path) -> None:
        fields = [field.with_type(changed(field.type, leaf, **options)) for field in rows.schema]
        schema = pa.schema(fields)
        if "list" in options:  # Arrow casts none to views
            rows = pa.Table.from_pylist(rows.to_pylist(), schema)
        pq.write_table(rows.cast(schema), path, store_schema=options.get("stored", True))

    return write


def kinds(**by_name: pa.DataType) -> Callable[[pa.DataType], pa.DataType]:
    return lambda kind: by_name.get(str(kind).partition("[")[0], kind)


def by_duckdb(rows: pa.Table, path: Path) -> None:
    # What DuckDB 2.0 writes of null arrays of a fixed size, pyarrow cannot read: lists it can.
    lists = "REPLACE (vector::FLOAT[] AS vector)" if "vector" in rows.column_names else ""
    with duckdb.connect() as connection:
        connection.from_arrow(rows).project(f"* {lists}").write_parquet(str(path))


REWRITES: dict[str, Callable[[pa.Table, Path], None]] = {
    "large": rewrite(kinds(string=pa.large_string(), binary=pa.large_binary()), list=pa.large_list),
    "views": rewrite(kinds(string=pa.string_view(), binary=pa.binary_view())),
    "large list views": rewrite(list=pa.large_list_view),
    "dictionaries": rewrite(kinds(string=pa.dictionary(pa.int16(), pa.string()))),
    "nanoseconds": rewrite(kinds(timestamp=pa.timestamp("ns", "UTC"))),
    "Tokyo": rewrite(kinds(timestamp=pa.timestamp("us", "Asia/Tokyo"))),
    "an offset": rewrite(kinds(timestamp=pa.timestamp("ns", "+09:00"))),
    "floats for whole numbers": rewrite(kinds(int64=pa.float64(), int32=pa.float64())),
    "decimals": rewrite(kinds(int64=pa.decimal128(38, 0), int32=pa.decimal128(38, 0))),
    "small numbers": rewrite(kinds(int64=pa.int16(), int32=pa.uint8())),
    "half floats": rewrite(kinds(float=pa.float16(), double=pa.float32())),
    "wide floats": rewrite(kinds(float=pa.float64())),
    "fields in another order": rewrite(reverse=True),
    "no Arrow schema": rewrite(stored=False),
    "polars": lambda rows, path: polars.DataFrame(polars.from_arrow(rows)).write_parquet(path),
    "pandas": lambda rows, path: rows.to_pandas().to_parquet(path),
    "duckdb": by_duckdb,
    "columns in another order, and more": lambda rows, path: pq.write_table(
        rows.select(rows.column_names[::-1]).append_column("more", pa.nulls(len(rows))), path
    ),
}


@pytest.mark.parametrize("how", REWRITES)
@pytest.mark.parametrize("name", TABLES)
def test_rows_are_the_same(tmp_path: Path, name: str, how: str) -> None:
    schema = TABLES[name]
    rows = table(schema)
    if name == "history" and how in ("polars", "pandas"):
        pytest.skip("they have no maps: another type, and named")
    if how == "views" and name in ("pages", "photos"):
        pytest.skip("Arrow 26 neither writes nor reads views in structs in lists")
    pq.write_table(rows, tmp_path / "a.parquet")
    REWRITES[how](rows, tmp_path / "b.parquet")
    [first, second] = shard_paths(tmp_path, schema)
    with Shard(second, schema) as shard:
        found = shard.read(schema.names)
    assert found.schema.remove_metadata().equals(schema.remove_metadata())
    assert found.to_pylist() == rows.to_pylist()
    if name == "history":  # read whole, and not by DuckDB
        return
    names = ", ".join(f'"{column}"' for column in schema.names)
    with duckdb.connect() as connection:
        # Beside one that is as we write it, as after a part of the files was rewritten.
        query = f"SELECT {names} FROM {sql_rows([second, first], schema, places=True)}"
        twice = connection.sql(f"{query} ORDER BY filename, file_row_number").to_arrow_table()
    assert twice.cast(schema).to_pylist() == rows.to_pylist() * 2


@pytest.mark.parametrize("name", ["pages", "photos"])
def test_a_struct_s_fields_of_others_are_passed_over(tmp_path: Path, name: str) -> None:
    schema = TABLES[name]
    column = "bokes" if name == "pages" else "captions"
    rows = table(schema).to_pylist()
    for row in rows:
        row[column] = [{**one, "theirs": 1.5} for one in row[column]]
    struct = schema.field(column).type.value_type
    wider = pa.list_(pa.struct([pa.field("theirs", pa.float64()), *struct]))
    place = schema.get_field_index(column)
    pq.write_table(
        pa.Table.from_pylist(rows, schema.set(place, pa.field(column, wider))), tmp_path / "a.parquet"
    )
    [path] = shard_paths(tmp_path, schema)
    with Shard(path, schema) as shard:
        assert shard.read().to_pylist() == table(schema).to_pylist()
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT {column} FROM {sql_rows([path], schema)}").to_arrow_table()
    assert found[column].to_pylist() == table(schema)[column].to_pylist()


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.decimal128(10, 1)], ids=str)
@pytest.mark.parametrize("nested", [False, True])
def test_a_number_that_is_not_whole_is_named(tmp_path: Path, kind: pa.DataType, nested: bool) -> None:
    numbers = pa.array([1.0, 96.5]).cast(kind)
    rows = table(PAGES).slice(0, 2)
    path, column = tmp_path / "a.parquet", "bokes" if nested else "odai_id"
    if nested:
        bokes = [
            {**dict.fromkeys(field.name for field in PAGES.field("bokes").type.value_type), "stars": n}
            for n in numbers.to_pylist()
        ]
        struct = [
            field.with_type(kind) if field.name == "stars" else field
            for field in PAGES.field("bokes").type.value_type
        ]
        values = pa.array([[boke] for boke in bokes], pa.list_(pa.struct(struct)))
    else:
        values = numbers
    pq.write_table(rows.set_column(rows.column_names.index(column), column, values), path)
    [path] = shard_paths(tmp_path, PAGES)
    with Shard(path, PAGES) as shard, pytest.raises(DamagedFile) as read:
        shard.read()
    with pytest.raises(DamagedFile) as queried:
        sql_rows([path], PAGES)
    for error in (read.value, queried.value):
        assert f"{path} is damaged: column '{column}'" in str(error)
        assert "elete" not in str(error)
    if kind != pa.decimal128(10, 1):
        assert "96.5" in str(queried.value)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("fetched_at", pa.array([NOW.replace(tzinfo=None)] * 9)),
        ("fetched_at", pa.array([NOW.date()] * 9)),
        ("odai_id", pa.array(["1"] * 9)),
        ("url", pa.array([b"a"] * 9)),
        ("labels", pa.array(["a"] * 9)),
    ],
    ids=str,
)
def test_other_values_are_named_with_their_type(tmp_path: Path, column: str, values: pa.Array) -> None:
    rows = table(PAGES)
    rows = rows.set_column(rows.column_names.index(column), column, values)
    pq.write_table(rows, tmp_path / "a.parquet")
    with pytest.raises(DamagedFile, match=f"column '{column}' is {values.type}".replace("[", r"\[")) as error:
        shard_paths(tmp_path, PAGES)
    assert "elete" not in str(error.value)


def test_what_only_others_can_read_is_not_to_be_deleted(tmp_path: Path) -> None:
    for error in (pa.ArrowNotImplementedError("Slicing not implemented"), OSError("Cannot decrypt it")):
        assert "elete" not in str(unreadable(tmp_path, error))
    assert "Delete it" in str(unreadable(tmp_path, OSError("Unexpected end of stream")))


def test_numbers_beyond_the_type_are_named(tmp_path: Path) -> None:
    rows = table(IMAGES)
    rows = rows.set_column(rows.column_names.index("width"), "width", pa.array([2**40] * 9))
    pq.write_table(rows, tmp_path / "a.parquet")
    with pytest.raises(DamagedFile, match=r"column 'width', which is int32: .*1099511627776"):
        Shard(tmp_path / "a.parquet", IMAGES).read()


@pytest.mark.parametrize("how", ["duckdb", "pandas", "polars", "large", "views", "wide floats"])
def test_vectors_are_read_from_lists_of_any_kind(tmp_path: Path, how: str) -> None:
    schema = features(3)
    rows = [
        {
            "sha256": name,
            "outcome": "ok" if n else "error",
            "error": None,
            "vector": [n, 0.5, 2.0] if n else None,
        }
        for n, name in enumerate("abc")
    ]
    REWRITES[how](pa.Table.from_pylist(rows, schema), tmp_path / "a.parquet")
    assert vectors(tmp_path, ["c", "b"]).tolist() == [[2.0, 0.5, 2.0], [1.0, 0.5, 2.0]]
    assert vectors(tmp_path, ["b"]).dtype == np.float32
