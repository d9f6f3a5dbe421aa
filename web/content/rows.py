"""The Parquet rows behind a photo, stage by stage, as an engineer would query them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from store.place import Place
from store.shards import shard_paths
from web.content.catalogue import Catalogue

MOST = 20
"""Rows shown of a table."""


@dataclass(frozen=True)
class Behind:
    """Rows of one table: where they lie, the query that finds them, and their columns."""

    table: str
    query: str
    rows: list[dict[str, str]]


def behind(place: Place, catalogue: Catalogue, sha256: str) -> list[Behind]:
    """Return the rows about a photo in dataset, features and crawl."""
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        return []  # no dataset of ours names a photo so, and it would become part of a query
    odai = catalogue.photo(catalogue.place[sha256])["odai_ids"] or []
    with duckdb.connect(config={"threads": 1}) as database:  # beside other visitors' pages
        return list(_look(database, place, sha256, [int(number) for number in odai]))


def _look(
    database: duckdb.DuckDBPyConnection, place: Place, sha256: str, odai: list[int]
) -> Iterator[Behind]:
    split = "'" + sha256 + "'"
    without = "* EXCLUDE (image), octet_length(image.bytes) AS image_bytes, filename"
    yield from _rows(database, "dataset", place.dataset, without, f"sha256 = {split}")
    for folder in sorted(path for path in place.features.glob("*") if path.is_dir()):
        columns = "* EXCLUDE (vector), vector[1:6] AS vector_starts, filename"
        yield from _rows(database, f"features/{folder.name}", folder, columns, f"sha256 = {split}")
    images = "* EXCLUDE (bytes), octet_length(bytes) AS bytes, filename"
    yield from _rows(database, "crawl/images", place.crawl / "images", images, f"sha256 = {split}")
    if odai:
        listed = ", ".join(map(str, odai))
        columns = "* EXCLUDE (bokes, links), len(bokes) AS bokes, len(links) AS links, filename"
        yield from _rows(database, "crawl/pages", place.crawl / "pages", columns, f"odai_id IN ({listed})")


def _rows(
    database: duckdb.DuckDBPyConnection, table: str, directory: Path, columns: str, condition: str
) -> Iterator[Behind]:
    """Query one table. `condition` is made of checked hex digits and numbers only."""
    paths = [str(path) for path in shard_paths(directory)]
    if not paths:
        return
    query = f"SELECT {columns} FROM '{directory}/*.parquet' WHERE {condition}"
    source = database.read_parquet(paths, filename=True, union_by_name=True)
    found = source.filter(condition).project(columns).limit(MOST).to_arrow_table().to_pylist()
    yield Behind(table, query, [{name: _told(value) for name, value in row.items()} for row in found])


def _told(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)
