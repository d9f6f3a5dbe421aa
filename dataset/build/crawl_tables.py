"""A crawl's tables in DuckDB: the newest version of each photo, odai and boke, whatever page it was on.

Newest means the greatest `fetched_at`; of two rows fetched at the same microsecond, the one in the shard
whose name sorts last. A photo is known by the part of its address that its widths share.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from store.addresses import sql_host, sql_photo_key
from store.errors import MissingStage
from store.place import Place
from store.schema import IMAGES, PAGES, required
from store.shards import shard_paths
from store.sql import string_list


def crawl_shards(crawls: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the shards of pages and of images of `crawls`, each checked to be whole.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard is cut short or lacks a column.
    """
    pages: list[Path] = []
    images: list[Path] = []
    for crawl in crawls:
        found = shard_paths(crawl / "pages", required(PAGES))
        if not found:
            raise MissingStage(crawl / "pages", Place.of(crawl).command("crawl"))
        pages += found
        images += shard_paths(crawl / "images", required(IMAGES))
    return pages, images


def load(connection: duckdb.DuckDBPyConnection, pages: Sequence[Path], images: Sequence[Path]) -> None:
    """Make tables of what the shards say; photo bytes stay where they are.

    photo: photo_id, sha256, shard, row, width, height, phash, first_seen. One row per sha256; photo_id counts
        them by shard and row.
    image: key, denied, photo_id. One row per photo address, its newest content.
    visit: visit, turn, url, host, site, outcome, odai_id, photo_id, denied and what else a page says but its
        bokes. One row per page fetched: `visit` is its place in the shards, `turn` counts from the oldest.
    odai: host, odai_id, photo_id, denied, category, kind, labels, label_confidences.
    boke (a view of `said`): boke_id, odai_id, host, photo_id, denied, text, stars, raters, category, posted,
        url, kind, photo_category, age. `denied` tells that the photo's address is forbidden by now; no two
        have the same `age`, and the newest has the least.
    denied: host, odai_id, boke_id of the pages that robots or an opt-out forbid by now.
    """
    scan(connection, "page", pages, PAGES)
    scan(connection, "fetched", images, IMAGES)
    connection.execute(f"{_IMAGE}; {_VISIT}; {_ODAI}; {_SAID}; {_BOKE}; {_DENIED}")


_IMAGE = f"""
    CREATE TABLE seen AS
    SELECT {sql_photo_key("url")} AS key, outcome, sha256, width, height, phash, fetched_at, shard, row
    FROM fetched WHERE url IS NOT NULL AND (outcome = 'denied' OR outcome = 'ok' AND sha256 IS NOT NULL);
    CREATE TABLE newest_image AS
    SELECT seen.* EXCLUDE (fetched_at), first_seen
    FROM (SELECT key, unnest(max({{'at': coalesce(fetched_at, '-infinity'), 'shard': shard, 'row': row}}))
          FROM seen GROUP BY key)
    JOIN seen USING (key, shard, row)
    LEFT JOIN (SELECT key, sha256, min(fetched_at) AS first_seen FROM seen GROUP BY key, sha256)
        USING (key, sha256);
    DROP TABLE seen;
    CREATE TABLE photo AS
    SELECT row_number() OVER (ORDER BY shard, row) AS photo_id, * FROM (
        SELECT sha256, shard, row, width, height, phash,
               min(first_seen) OVER (PARTITION BY sha256) AS first_seen
        FROM newest_image WHERE outcome = 'ok'
        QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY shard, row) = 1);
    CREATE TABLE image AS
    SELECT key, outcome = 'denied' AS denied, photo_id
    FROM newest_image LEFT JOIN photo ON outcome = 'ok' AND newest_image.sha256 = photo.sha256;
    DROP TABLE newest_image
"""
_PLACE = "shard * 4294967296 + row"
"""Where a page lies, as one number."""

_VISIT = f"""
    CREATE TABLE visit AS
    SELECT * FROM (
        SELECT {_PLACE} AS visit, url,
            row_number() OVER (ORDER BY coalesce(fetched_at, '-infinity'), shard, row) AS turn,
            {sql_host("url")} AS host, nullif(regexp_extract(url, '^(https?://[^/]+)', 1), '') AS site,
            outcome, odai_id, nullif({sql_photo_key("image_url")}, '') AS key, category, kind, labels,
            label_confidences
        FROM page)
    LEFT JOIN image USING (key)
"""
_ODAI = """
    CREATE TABLE odai AS
    SELECT host, odai_id, photo_id, denied, category, labels, label_confidences, coalesce(kind, CASE
        WHEN category LIKE '%虫食い%' THEN 'fill-in' WHEN category LIKE '%カルタ%' THEN 'karuta'
        WHEN category LIKE '%イラスト%' THEN 'illustration' WHEN category LIKE '%テキスト%' THEN 'text'
        END) AS kind
    FROM (SELECT coalesce(max(turn) FILTER (key IS NOT NULL), max(turn)) AS turn
          FROM visit WHERE outcome = 'ok' AND odai_id IS NOT NULL GROUP BY host, odai_id)
    JOIN visit USING (turn)
"""
_SAID = f"""
    CREATE TABLE said AS
    SELECT visit, nth, b.boke_id AS boke_id, coalesce(b.odai_id, odai_id) AS odai_id,
           CASE WHEN nullif(b.image_url, '') <> coalesce(image_url, '')
               THEN {sql_photo_key("b.image_url")} END AS own_key,
           b.text AS text, b.stars AS stars, b.raters AS raters, b.category AS category, b.posted AS posted
    FROM (SELECT {_PLACE} AS visit, odai_id, image_url,
                 unnest(bokes) AS b, generate_subscripts(bokes, 1) AS nth
          FROM page WHERE outcome = 'ok')
    WHERE b.text IS NOT NULL;
    DELETE FROM said WHERE rowid IN (
        SELECT id FROM (
            SELECT said.rowid AS id, host, boke_id IS NULL AS nameless, turn, nth, coalesce(boke_id::HUGEINT,
                hash(said.odai_id, coalesce(own_key, key), text)::HUGEINT) AS name
            FROM said JOIN visit USING (visit)
            WHERE boke_id IS NULL
                OR boke_id IN (SELECT boke_id FROM said GROUP BY boke_id HAVING count(*) > 1))
        QUALIFY row_number() OVER (PARTITION BY host, nameless, name ORDER BY turn DESC, nth) > 1)
"""
_BOKE = """
    CREATE VIEW boke AS
    SELECT boke_id, said.odai_id AS odai_id, visit.host AS host,
           coalesce(if(own_key IS NULL, visit.photo_id, mine.photo_id), odai.photo_id) AS photo_id,
           coalesce(if(own_key IS NULL, visit.denied, mine.denied),
               if(own_key IS NULL AND visit.key IS NULL, odai.denied, false), false) AS denied,
           text, stars, raters, said.category AS category, posted,
           coalesce(site || '/boke/' || boke_id, url) AS url, odai.kind AS kind,
           odai.category AS photo_category, nth - turn * 1048576 AS age
    FROM said JOIN visit USING (visit)
    LEFT JOIN odai ON odai.host = visit.host AND odai.odai_id = said.odai_id
    LEFT JOIN image mine ON mine.key = own_key
"""
_DENIED = """
    CREATE TABLE denied AS
    SELECT host, coalesce(odai_id, TRY_CAST(regexp_extract(url, '/odai/(\\d+)', 1) AS BIGINT)) AS odai_id,
           TRY_CAST(regexp_extract(url, '/boke/(\\d+)', 1) AS BIGINT) AS boke_id
    FROM (SELECT max(turn) AS turn FROM visit
          WHERE url IN (SELECT url FROM visit WHERE outcome = 'denied') GROUP BY url)
    JOIN visit USING (turn) WHERE outcome = 'denied'
"""


def scan(connection: duckdb.DuckDBPyConnection, view: str, shards: Sequence[Path], schema: pa.Schema) -> None:
    """Make a view over `shards`, whose optional columns may be missing.

    Its rows know their place: `shard`, an index into `shards`, and `row`, from 0 in each.
    """
    connection.from_arrow(schema.empty_table()).create(f"{view}_empty")
    if not shards:
        connection.execute(f"CREATE VIEW {view} AS SELECT *, 0 AS shard, 0 AS row FROM {view}_empty")
        return
    numbers = pa.table({"filename": [str(path) for path in shards], "shard": range(len(shards))})
    connection.from_arrow(numbers).create(f"{view}_shard")
    columns = ", ".join(f'"{name}"' for name in schema.names)
    connection.execute(f"""
        CREATE VIEW {view} AS SELECT {columns}, shard, file_row_number AS row FROM (
            SELECT * FROM {view}_empty UNION ALL BY NAME
            SELECT * FROM read_parquet(
                {string_list(shards)}, union_by_name = true, filename = true, file_row_number = true)
        ) JOIN {view}_shard USING (filename)
    """)
