"""A crawl's tables in DuckDB: the newest version of each photo, odai and boke, whatever page it was on.

Newest means the greatest `fetched_at`; of two rows fetched at the same microsecond, the one in the shard
whose name sorts last. A photo is known by the part of its address that its widths share.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from dataset.addresses import sql_host, sql_photo_key
from dataset.errors import MissingStage
from dataset.schema import IMAGES, OPTIONAL, PAGES
from dataset.shards import shard_paths


def crawl_shards(crawls: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the shards of pages and of images of `crawls`, each checked to be whole.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard is cut short or lacks a column.
    """
    pages: list[Path] = []
    images: list[Path] = []
    for crawl in crawls:
        found = shard_paths(crawl / "pages", _required(PAGES))
        if not found:
            raise MissingStage(crawl / "pages", f"bokeru crawl --pipeline {crawl.parent.name}")
        pages += found
        images += shard_paths(crawl / "images", _required(IMAGES))
    return pages, images


def load(connection: duckdb.DuckDBPyConnection, pages: Sequence[Path], images: Sequence[Path]) -> None:
    """Make tables of what the shards say; photo bytes stay where they are.

    photo: sha256, shard, row, width, height, phash, first_seen. One row per sha256, its oldest copy.
    photo_key: key, sha256. One row per photo address, its newest content.
    odai: host, odai_id, key, category, kind, labels, label_confidences.
    boke: boke_id, odai_id, host, key, text, stars, raters, category, posted, url, kind, photo_category.
    denied: host, odai_id, boke_id, key. What robots or an opt-out forbid by now.
    """
    scan(connection, "page", pages, PAGES)
    scan(connection, "fetched", images, IMAGES)
    connection.execute(f"{_IMAGE}; {_PHOTO}; {_ODAI}; {_BOKE}; {_DENIED}")


NEWEST = "ORDER BY coalesce(fetched_at, '-infinity') DESC, shard DESC"

_IMAGE = f"""
    CREATE TABLE image AS
    SELECT {sql_photo_key("url")} AS key, outcome, sha256, width, height, phash, fetched_at, shard,
           file_row_number AS row
    FROM fetched WHERE url IS NOT NULL AND outcome IN ('ok', 'denied')
    QUALIFY row_number() OVER (PARTITION BY key {NEWEST}, row DESC) = 1;
    CREATE TABLE photo_key AS SELECT key, sha256 FROM image WHERE outcome = 'ok' AND sha256 IS NOT NULL
"""
_PHOTO = """
    CREATE TABLE photo AS
    SELECT sha256, shard, row, width, height, phash, fetched_at AS first_seen
    FROM image WHERE outcome = 'ok' AND sha256 IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY coalesce(fetched_at, 'infinity'), shard, row) = 1
"""
_ODAI = f"""
    CREATE TABLE odai AS
    SELECT {sql_host("url")} AS host, odai_id, {sql_photo_key("image_url")} AS key, category, labels,
           label_confidences, coalesce(kind, CASE
               WHEN category LIKE '%虫食い%' THEN 'fill-in' WHEN category LIKE '%カルタ%' THEN 'karuta'
               WHEN category LIKE '%イラスト%' THEN 'illustration' WHEN category LIKE '%テキスト%' THEN 'text'
               END) AS kind
    FROM page WHERE outcome = 'ok' AND odai_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY host, odai_id
        ORDER BY image_url IS NULL, coalesce(fetched_at, '-infinity') DESC, shard DESC) = 1
"""
_SAID = f"""
    SELECT b.boke_id AS boke_id, coalesce(b.odai_id, page_odai_id) AS odai_id, host,
           {sql_photo_key("coalesce(b.image_url, page_image_url)")} AS key,
           b.text AS text, b.stars AS stars, b.raters AS raters, b.category AS category, b.posted AS posted,
           CASE WHEN b.boke_id IS NULL OR page_url NOT LIKE 'http%' THEN page_url
                ELSE regexp_extract(page_url, '^(https?://[^/]+)', 1) || '/boke/' || b.boke_id END AS url
    FROM (SELECT unnest(bokes) AS b, odai_id AS page_odai_id, image_url AS page_image_url, url AS page_url,
                 {sql_host("url")} AS host, fetched_at, shard
          FROM page WHERE outcome = 'ok')
    WHERE b IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY host, coalesce(boke_id::VARCHAR, concat_ws(' ', 'odai', odai_id, key, text)) {NEWEST}, text) = 1
"""
_BOKE = f"""
    CREATE TABLE boke AS
    SELECT boke_id, odai_id, host, coalesce(said.key, odai.key) AS key, text, stars, raters,
           said.category AS category, posted, url, kind, odai.category AS photo_category
    FROM ({_SAID}) said LEFT JOIN odai USING (host, odai_id)
"""
_DENIED = f"""
    CREATE TABLE denied AS
    SELECT {sql_host("url")} AS host,
           coalesce(odai_id, TRY_CAST(regexp_extract(url, '/odai/(\\d+)', 1) AS BIGINT)) AS odai_id,
           TRY_CAST(regexp_extract(url, '/boke/(\\d+)', 1) AS BIGINT) AS boke_id
    FROM (SELECT url, odai_id, outcome FROM page WHERE url IS NOT NULL
          QUALIFY row_number() OVER (PARTITION BY url {NEWEST}) = 1)
    WHERE outcome = 'denied'
"""


def scan(connection: duckdb.DuckDBPyConnection, view: str, shards: Sequence[Path], schema: pa.Schema) -> None:
    """Make a view over `shards`, whose optional columns may be missing.

    Its rows know their place: `shard`, an index into `shards`, and `file_row_number`.
    """
    connection.from_arrow(schema.empty_table()).create(f"{view}_empty")
    if not shards:
        connection.execute(
            f"CREATE VIEW {view} AS SELECT *, 0 AS shard, 0 AS file_row_number FROM {view}_empty"
        )
        return
    numbers = pa.table({"filename": [str(path) for path in shards], "shard": range(len(shards))})
    connection.from_arrow(numbers).create(f"{view}_shard")
    files = ", ".join(literal(str(path)) for path in shards)
    columns = ", ".join(f'"{name}"' for name in schema.names)
    connection.execute(f"""
        CREATE VIEW {view} AS SELECT {columns}, shard, file_row_number FROM (
            SELECT * FROM {view}_empty UNION ALL BY NAME
            SELECT * FROM read_parquet([{files}], union_by_name = true, filename = true, file_row_number = true)
        ) JOIN {view}_shard USING (filename)
    """)


def literal(text: str) -> str:
    """Return `text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _required(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field for field in schema if field.name not in OPTIONAL])
