"""The Parquet rows that hold a photo's data, stage by stage, with the query that finds them."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from store.place import Place
from store.shards import shard_paths
from web.content.catalogue import Catalogue
from web.content.shown.hidden import Hidden

MAX_ROWS = 20
"""Rows of one table that are shown."""


@dataclass(frozen=True)
class SourceRows:
    """Rows of one table, each by column, and the query that finds them."""

    table: str
    query: str
    rows: list[dict[str, Any]]


def source_rows(place: Place, catalogue: Catalogue, sha256: str) -> list[SourceRows]:
    """Return the rows about a photo in dataset, features and crawl, all values as texts."""
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        return []  # it becomes part of a query, so only a hash may pass
    odai = catalogue.photo(catalogue.index[sha256])["odai_ids"] or []
    with duckdb.connect(config={"threads": 1}) as database:  # others' pages need the cores too
        shard = catalogue.locate(catalogue.index[sha256]).path
        found = list(_query_stages(database, place, sha256, [int(number) for number in odai], shard))
    return [_told(table, catalogue.rule) for table in found]


def _told(table: SourceRows, rule: Hidden) -> SourceRows:
    """Return rows as texts, without captions that the settings hide."""

    def shown(value: Any) -> Any:
        return [one for one in value or () if not rule.hides(one["text"] or "", one.get("category"))]

    rows = (
        {name: shown(value) if name == "captions" else value for name, value in row.items()}
        for row in table.rows
    )
    return replace(table, rows=[{name: _as_text(value) for name, value in row.items()} for row in rows])


def _query_stages(
    database: duckdb.DuckDBPyConnection, place: Place, sha256: str, odai: list[int], shard: Path
) -> Iterator[SourceRows]:
    quoted = f"'{sha256}'"
    columns = "* EXCLUDE (image), octet_length(image.bytes) AS image_bytes, filename"
    yield from _rows(database, "dataset", shard.parent, columns, f"sha256 = {quoted}", [shard])
    for folder in sorted(path for path in place.features.glob("*") if path.is_dir()):
        # 4,096 numbers would fill the page: five show what the vector is like.
        columns = "* EXCLUDE (vector), vector[1:6] AS vector_starts, filename"
        yield from _rows(database, f"features/{folder.name}", folder, columns, f"sha256 = {quoted}")
    columns = "* EXCLUDE (bytes), octet_length(bytes) AS bytes, filename"
    yield from _rows(database, "crawl/images", place.crawl / "images", columns, f"sha256 = {quoted}")
    if odai:
        ids = ", ".join(map(str, odai))
        columns = "* EXCLUDE (bokes, links), len(bokes) AS bokes, len(links) AS links, filename"
        yield from _rows(database, "crawl/pages", place.crawl / "pages", columns, f"odai_id IN ({ids})")


def _rows(
    database: duckdb.DuckDBPyConnection,
    table: str,
    directory: Path,
    columns: str,
    condition: str,
    shards: Sequence[Path] | None = None,
) -> Iterator[SourceRows]:
    """Query one table. `condition` must consist of checked hex digits and numbers: it is not escaped."""
    paths = [str(path) for path in shards or shard_paths(directory)]
    if not paths:
        return
    query = f"SELECT {columns} FROM '{directory}/*.parquet' WHERE {condition}"
    # Through the relation API: the paths are values and not part of the query's text.
    source = database.read_parquet(paths, filename=True, union_by_name=True)
    found = source.filter(condition).project(columns).limit(MAX_ROWS).to_arrow_table().to_pylist()
    yield SourceRows(table, query, found)


def _as_text(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)
