"""Loads crawls' tables into DuckDB: the newest version of each photo, odai and boke, whatever page showed it.

The newest has the greatest `fetched_at`. Of two rows of one microsecond their content decides, never their
place in the shards: the same rows in another order make the same tables. `key` names a photo's address: the
part of it that the copies of all widths share.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from store.addresses import sql_host, sql_photo_key
from store.errors import MissingStage
from store.manifest import file_list
from store.photo.keys import KEY, odd_key
from store.place import Place
from store.schema import IMAGES, PAGES
from store.shard_reader import sql_rows
from store.shards import shard_paths
from store.sql import without_robots_denials


def crawl_shards(crawls: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the shards of pages and those of images of `crawls`, each checked to be whole.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard is cut short or lacks a column.
    """
    pages: list[Path] = []
    images: list[Path] = []
    for crawl in crawls:
        in_crawl = shard_paths(crawl / "pages", PAGES)
        if not in_crawl:
            raise MissingStage(crawl / "pages", Place.of(crawl).command("crawl"))
        pages += in_crawl
        images += shard_paths(crawl / "images", IMAGES)
    return pages, images


def by_crawl(shards: Sequence[Path], crawls: Sequence[Path]) -> list[list[list[object]]]:
    """Return name and size of the shards of each crawl, as the manifest lists what a build was made from."""
    return [file_list(path for path in shards if path.is_relative_to(crawl)) for crawl in crawls]


# The newest row of each address, found as the greatest struct: structs compare field by field. At one time,
# what is denied counts, else the greatest sha256.
LATEST_IMAGE = f"""
    CREATE TABLE image_fetch AS
    SELECT {sql_photo_key("url")} AS key, outcome, sha256, width, height, phash,
        source, licence, credit, rights, fetched_at, shard, row
    FROM fetched WHERE url IS NOT NULL AND (outcome = 'denied' OR outcome = 'ok' AND sha256 IS NOT NULL);
    CREATE TABLE latest_image AS
    SELECT image_fetch.* EXCLUDE (fetched_at)
    FROM (SELECT key, unnest(max({{'at': coalesce(fetched_at, '-infinity'), 'denied': outcome = 'denied',
              'content': coalesce(sha256, ''), 'shard': shard, 'row': row}}))
          FROM image_fetch GROUP BY key)
    JOIN image_fetch USING (key, shard, row)
"""
# The distinct photos, then which photo each address shows. Where one photo came from several places, whose
# licence is known, and then who is to be credited, counts: few are such, so only their rows are sorted.
PHOTO = """
    CREATE TABLE photo AS
    WITH usable AS (
        SELECT sha256, shard, row, facts, bare, if(anew.row IS NULL, latest_image.width, anew.width) AS width,
               if(anew.row IS NULL, latest_image.height, anew.height) AS height,
               if(anew.row IS NULL, latest_image.phash, anew.phash) AS phash,
               source, licence, credit, rights
        FROM latest_image LEFT JOIN anew USING (shard, row) LEFT JOIN fact USING (sha256)
        WHERE outcome = 'ok'),
    several AS (SELECT sha256 FROM usable GROUP BY sha256 HAVING count(*) > 1),
    chosen AS (
        FROM usable ANTI JOIN several USING (sha256)
        UNION ALL
        SELECT sha256, shard, row, facts, bare, width, height, phash,
               unnest(first_value({'source': source, 'licence': licence, 'credit': credit, 'rights': rights})
                   OVER (PARTITION BY sha256 ORDER BY licence IS NULL, credit IS NULL, rights IS NULL,
                       source, licence, credit, rights))
        FROM usable SEMI JOIN several USING (sha256)
        QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY shard, row) = 1)
    SELECT row_number() OVER (ORDER BY shard, row) AS photo_id, * FROM chosen;
    CREATE TABLE image AS
    SELECT key, outcome = 'denied' AS denied, photo_id
    FROM latest_image LEFT JOIN photo ON outcome = 'ok' AND latest_image.sha256 = photo.sha256
"""
_PAGE_NUMBER = "shard * 4294967296 + row"
"""Where a page is in the shards, as one number: a shard has fewer than 2**32 rows."""

# `fetch_number` is the same for two rows that tell of one fetch, `fetch_order` differs for every row.
VISIT = f"""
    CREATE TABLE visit AS
    SELECT * FROM (
        SELECT {_PAGE_NUMBER} AS visit, url,
            dense_rank() OVER (ORDER BY coalesce(fetched_at, '-infinity'), url, sha256) AS fetch_number,
            row_number() OVER (ORDER BY coalesce(fetched_at, '-infinity'), url, sha256,
                outcome = 'denied', hash(odai_id, image_url, category, kind, labels, label_confidences),
                shard, row) AS fetch_order,
            {sql_host("url")} AS host, nullif(regexp_extract(url, '^(https?://[^/]+)', 1), '') AS site,
            outcome, odai_id, nullif({sql_photo_key("image_url")}, '') AS key, category, kind, labels,
            label_confidences, source, licence
        FROM page)
    LEFT JOIN image USING (key)
"""
# The newest page that shows a photo, else the newest page; an odai's own page before those of its boke, which
# say less of it. Without a kind, the category tells it.
ODAI = """
    CREATE TABLE odai AS
    SELECT host, odai_id, photo_id, denied, category, labels, label_confidences, coalesce(kind, CASE
        WHEN category LIKE '%虫食い%' THEN 'fill-in' WHEN category LIKE '%カルタ%' THEN 'karuta'
        WHEN category LIKE '%イラスト%' THEN 'illustration' WHEN category LIKE '%テキスト%' THEN 'text'
        END) AS kind
    FROM (SELECT max({'photo': key IS NOT NULL, 'own': coalesce(NOT contains(url, '/boke/'), false),
              'at': fetch_order}).at AS fetch_order
          FROM visit WHERE outcome = 'ok' AND odai_id IS NOT NULL GROUP BY host, odai_id)
    JOIN visit USING (fetch_order)
"""
# Every boke of every page, then without those that a newer page shows again. Only boke whose number occurs
# twice are compared, and boke without a number: these are the same if odai, photo and text are, and have the
# first address, in the order of letters, of the pages that show them.
PAGE_BOKE = f"""
    CREATE TABLE page_boke AS
    SELECT visit, page_position, b.boke_id AS boke_id, coalesce(b.odai_id, odai_id) AS odai_id,
           CASE WHEN nullif(b.image_url, '') <> coalesce(image_url, '')
               THEN {sql_photo_key("b.image_url")} END AS own_key,
           b.text AS text, b.stars AS stars, b.raters AS raters, b.category AS category, b.posted AS posted,
           NULL::VARCHAR AS first_url
    FROM (SELECT {_PAGE_NUMBER} AS visit, odai_id, image_url,
                 unnest(bokes) AS b, generate_subscripts(bokes, 1) AS page_position
          FROM page WHERE outcome = 'ok')
    WHERE b.text IS NOT NULL;
    CREATE TABLE version AS
    SELECT id, first_url, row_number() OVER (
        PARTITION BY host, has_no_number, identity ORDER BY fetch_number DESC, page_position, content) AS nth
    FROM (
        SELECT page_boke.rowid AS id, host, boke_id IS NULL AS has_no_number, fetch_number, page_position,
            hash(text, stars, raters, page_boke.category, posted) AS content,
            coalesce(boke_id::HUGEINT,
                hash(page_boke.odai_id, coalesce(own_key, key), text)::HUGEINT) AS identity,
            CASE WHEN boke_id IS NULL THEN min(url) OVER (
                PARTITION BY host, page_boke.odai_id, coalesce(own_key, key), text) END AS first_url
        FROM page_boke JOIN visit USING (visit)
        WHERE boke_id IS NULL
            OR boke_id IN (SELECT boke_id FROM page_boke GROUP BY boke_id HAVING count(*) > 1));
    UPDATE page_boke SET first_url = version.first_url FROM version
    WHERE page_boke.rowid = id AND nth = 1 AND version.first_url IS NOT NULL;
    DELETE FROM page_boke WHERE rowid IN (SELECT id FROM version WHERE nth > 1)
"""
# A boke's photo is its own, else that of its page, else that of its odai. What was imported from no known
# address has none: `site` is null.
BOKE = """
    CREATE VIEW boke AS
    SELECT boke_id, page_boke.odai_id AS odai_id, visit.host AS host,
           coalesce(if(own_key IS NULL, visit.photo_id, own_image.photo_id), odai.photo_id) AS photo_id,
           coalesce(if(own_key IS NULL, visit.denied, own_image.denied),
               if(own_key IS NULL AND visit.key IS NULL, odai.denied, false), false) AS denied,
           text, stars, raters, page_boke.category AS category, posted,
           coalesce(site || '/boke/' || boke_id, if(site IS NULL, NULL, coalesce(first_url, url))) AS url,
           odai.kind AS kind, odai.category AS photo_category, visit.source AS source,
           visit.licence AS licence
    FROM page_boke JOIN visit USING (visit)
    LEFT JOIN odai ON odai.host = visit.host AND odai.odai_id = page_boke.odai_id
    LEFT JOIN image own_image ON own_image.key = own_key
"""
# Pages whose newest fetch was denied: an address that was allowed again later is not among them.
DENIED = """
    CREATE TABLE denied AS
    SELECT host, coalesce(odai_id, TRY_CAST(regexp_extract(url, '/odai/(\\d+)', 1) AS BIGINT)) AS odai_id,
           TRY_CAST(regexp_extract(url, '/boke/(\\d+)', 1) AS BIGINT) AS boke_id
    FROM (SELECT max(fetch_order) AS fetch_order FROM visit
          WHERE url IN (SELECT url FROM visit WHERE outcome = 'denied') GROUP BY url)
    JOIN visit USING (fetch_order) WHERE outcome = 'denied'
"""


def check_keys(connection: duckdb.DuckDBPyConnection, shards: Sequence[Path]) -> None:
    """Check that every photo of `fetched` is named by a SHA-256.

    Raises:
        DamagedFile: one is not.
    """
    odd = connection.execute(
        f"""SELECT shard, sha256 FROM fetched
        WHERE outcome = 'ok' AND NOT regexp_full_match(sha256, '{KEY}') ORDER BY shard, row LIMIT 1"""
    ).fetchone()
    if odd:
        raise odd_key(shards[odd[0]], odd[1])


def scan(connection: duckdb.DuckDBPyConnection, view: str, shards: Sequence[Path], schema: pa.Schema) -> None:
    """Make a view of the rows in `shards`, with the columns of `schema`; those that a shard lacks are null.

    What 0.1 wrote of robots.txt is left out.

    Two more columns tell where a row is: `shard`, an index into `shards`, and `row`, from 0 in each shard.
    Photo bytes are read only by a query that names their column.
    """
    connection.from_arrow(schema.empty_table()).create(f"{view}_empty")
    numbers = {
        "filename": pa.array(map(str, shards), pa.string()),
        "shard": pa.array(range(len(shards)), pa.int64()),
    }
    connection.from_arrow(pa.table(numbers)).create(f"{view}_shard")
    if not shards:  # DuckDB refuses to read an empty list of files
        connection.execute(
            f"CREATE VIEW {view} AS SELECT *, 0::BIGINT AS shard, 0::BIGINT AS row FROM {view}_empty"
        )
        return
    columns = ", ".join(f'"{name}"' for name in schema.names)
    # The empty table comes first: its types hold, and it has the columns that every shard lacks.
    rows = f"""SELECT {columns}, shard, file_row_number AS row FROM (
            SELECT * FROM {view}_empty UNION ALL BY NAME
            SELECT * FROM {sql_rows(shards, schema, places=True)}
        ) JOIN {view}_shard USING (filename)"""
    connection.execute(f"CREATE VIEW {view} AS {without_robots_denials(rows)}")
