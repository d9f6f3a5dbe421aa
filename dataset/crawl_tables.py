"""A crawl's tables in DuckDB: the newest version of each photo, odai and boke, whatever page it was on.

Newest means the greatest `fetched_at`; of two rows fetched at the same microsecond, the one in the shard
whose name sorts last. A photo is known by the part of its address that its widths share.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from dataset.errors import MissingStage
from dataset.schema import IMAGES, OPTIONAL, PAGES
from dataset.shards import shard_paths

PHOTO_KEY = """coalesce(nullif(regexp_extract({0}, '/photo/odai/\\d+/([0-9a-f]{{32}})_\\d+\\.', 1), ''),
    regexp_replace({0}, '^https?:', ''))"""
HOST = "regexp_extract({0}, '^(?:https?:)?//([^/]+)', 1)"


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
    """Make the tables `photo`, `odai` and `boke` from shards.

    photo: sha256, shard, row, width, height, phash, first_seen; one row per sha256, bytes left where they are.
    photo_key: key, sha256. opted_out: odai_id or boke_id or key that the site or robots forbid.
    odai: host, odai_id, key, category, kind, labels, label_confidences.
    boke: boke_id, odai_id, host, key, text, stars, raters, category, posted, url.
    """
    _scan(connection, "page", pages, PAGES)
    _scan(connection, "fetched", images, IMAGES)
    connection.execute(f"""
        CREATE TABLE image AS
        SELECT {PHOTO_KEY.format("url")} AS key, outcome, sha256, width, height, phash, fetched_at,
               shard, file_row_number AS row
        FROM fetched WHERE url IS NOT NULL AND outcome IN ('ok', 'denied')
        QUALIFY row_number() OVER (PARTITION BY key ORDER BY fetched_at DESC, shard DESC, row DESC) = 1;
        CREATE TABLE photo_key AS SELECT key, sha256 FROM image WHERE outcome = 'ok' AND sha256 IS NOT NULL;
        CREATE TABLE photo AS
        SELECT sha256, shard, row, width, height, phash, min(fetched_at) OVER (PARTITION BY sha256) AS first_seen
        FROM image WHERE outcome = 'ok' AND sha256 IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY fetched_at, shard, row) = 1;
        CREATE TABLE odai AS
        SELECT {HOST.format("url")} AS host, odai_id, {PHOTO_KEY.format("image_url")} AS key,
               category, kind, labels, label_confidences
        FROM page WHERE outcome = 'ok' AND odai_id IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY host, odai_id ORDER BY fetched_at DESC, shard DESC) = 1;
        CREATE TABLE boke AS
        SELECT boke_id, odai_id, host, coalesce(said.key, odai.key) AS key, text, stars, raters,
               said.category AS category, posted, url
        FROM ({_BOKE}) said LEFT JOIN odai USING (host, odai_id);
        CREATE TABLE opted_out AS
        SELECT {HOST.format("url")} AS host,
               coalesce(odai_id, TRY_CAST(regexp_extract(url, '/odai/(\\d+)', 1) AS BIGINT)) AS odai_id,
               TRY_CAST(regexp_extract(url, '/boke/(\\d+)', 1) AS BIGINT) AS boke_id
        FROM (SELECT * FROM page WHERE url IS NOT NULL
              QUALIFY row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC, shard DESC) = 1)
        WHERE outcome = 'denied';
    """)


_BOKE = f"""
    SELECT b.boke_id AS boke_id, coalesce(b.odai_id, page_odai_id) AS odai_id, host,
           {PHOTO_KEY.format("coalesce(b.image_url, page_image_url)")} AS key,
           b.text AS text, b.stars AS stars, b.raters AS raters, b.category AS category, b.posted AS posted,
           CASE WHEN b.boke_id IS NULL THEN page_url
                ELSE regexp_extract(page_url, '^(https?://[^/]+)', 1) || '/boke/' || b.boke_id END AS url
    FROM (SELECT unnest(bokes) AS b, odai_id AS page_odai_id, image_url AS page_image_url, url AS page_url,
                 {HOST.format("url")} AS host, fetched_at, shard
          FROM page WHERE outcome = 'ok')
    QUALIFY row_number() OVER (
        PARTITION BY host, coalesce(boke_id::VARCHAR, concat(odai_id, ' ', key, ' ', text))
        ORDER BY fetched_at DESC, shard DESC, text) = 1
"""


def _scan(
    connection: duckdb.DuckDBPyConnection, view: str, shards: Sequence[Path], schema: pa.Schema
) -> None:
    """Make a view over `shards`: rows know their shard's place in the list; optional columns may be missing."""
    connection.from_arrow(schema.empty_table()).create(f"{view}_empty")
    if not shards:
        connection.execute(
            f"CREATE VIEW {view} AS SELECT *, 0 AS shard, 0 AS file_row_number FROM {view}_empty"
        )
        return
    numbers = {str(path): number for number, path in enumerate(shards)}
    connection.execute(f"CREATE TABLE {view}_shard (filename VARCHAR, shard INTEGER)")
    connection.executemany(f"INSERT INTO {view}_shard VALUES (?, ?)", list(numbers.items()))
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in shards)
    connection.execute(f"""
        CREATE VIEW {view} AS SELECT * EXCLUDE (filename) FROM (
            SELECT * FROM {view}_empty UNION ALL BY NAME
            SELECT * FROM read_parquet([{files}], union_by_name = true, filename = true, file_row_number = true)
        ) LEFT JOIN {view}_shard USING (filename)
    """)


def _required(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field for field in schema if field.name not in OPTIONAL])
