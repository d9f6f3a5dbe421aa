"""Chooses canaries from a crawl's tables: boke that are steady, and whose pages tell most."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from crawler.canaries.canary import Canary
from store.addresses import is_same_site, numbered, page_address, sql_photo_key
from store.errors import DamagedFile, UserError
from store.forget.forgotten import ForgottenFilter
from store.place import bokeru
from store.schema import IMAGES, PAGES
from store.shard_reader import sql_rows
from store.shards import shard_paths

_OF_A_GROUP = 200
"""Candidates of each layout that are looked at more closely."""
_DAY = 86_400 * 10**6  # microseconds
_MIDNIGHT = 15 * 3_600 * 10**6
"""Japan's midnight in UTC: a date that falls on it was read from words such as 「3日くらい前」."""

# A boke that its odai's or its own page shows, with all that a canary compares. Of each page one, the first
# that will do: it is the one with most stars where pages are sorted by them, so the last to leave its page.
# Those without stars come behind all others: they do not tell whether stars are still read.
_CANDIDATES = f"""
WITH newest AS (
    SELECT url, max_by(page, fetched_at) AS page FROM pages AS page GROUP BY url
), shown AS (
    SELECT page.url AS url, page.layout AS layout, page.fetched_at AS seen_at,
        page.odai_id AS page_odai, page.image_url AS page_photo, page.links AS links,
        unnest(page.bokes) AS boke, generate_subscripts(page.bokes, 1) AS place
    FROM newest WHERE page.outcome = 'ok'
), usable AS (
    SELECT url, layout, coalesce(boke.odai_id, page_odai) AS odai_id, boke.boke_id AS boke_id,
        boke.text AS text, boke.stars AS stars, coalesce(boke.image_url, page_photo) AS image_url,
        boke.posted AS posted, seen_at, place,
        coalesce(epoch_us(posted) % {_DAY} <> {_MIDNIGHT}
            AND epoch_us(seen_at) - epoch_us(posted) > {_DAY}, false) AS is_exact,
        epoch_us(seen_at) - epoch_us(posted) < 30 * {_DAY} AS is_young,
        len([1 FOR link IN links IF contains(link, 'page=')]) > 0 AS goes_on
    FROM shown
    WHERE regexp_matches(url, '/(odai|boke)/[0-9]+/?$') AND boke.boke_id IS NOT NULL
        AND boke.stars IS NOT NULL AND coalesce(boke.image_url, page_photo) IS NOT NULL
        AND length(boke.text) BETWEEN 4 AND 200 AND NOT contains(boke.text, chr(65533))
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY url ORDER BY stars = 0, place) AS of_page FROM usable
), in_order AS (
    SELECT *, row_number() OVER (
        PARTITION BY layout, contains(url, '/odai/')
        ORDER BY stars = 0, is_exact DESC, posted IS NULL, is_young, goes_on, md5(url)
    ) AS rank FROM ranked WHERE of_page = 1
)
SELECT in_order.*, photo.sha256 FROM in_order LEFT JOIN (
    SELECT {sql_photo_key("url")} AS key, max(sha256) AS sha256 FROM images
    WHERE outcome = 'ok' GROUP BY ALL
) AS photo ON photo.key = {sql_photo_key("in_order.image_url")}
WHERE rank <= {_OF_A_GROUP} ORDER BY layout, contains(url, '/odai/'), rank
"""


def choose(crawl: Path, site: str, count: int, forgotten: ForgottenFilter) -> list[Canary]:
    """Return up to `count` canaries from a crawl or an import, as many as there are of each layout in turn.

    Args:
        crawl: `data/<pipeline>/crawl`, of this pipeline or of another.
        site: the address of the site that they are for.
        forgotten: what they must not hold.

    Raises:
        UserError: no boke there will do, or those that will are of another site.
        DamagedFile: a shard is not whole.
    """
    found = _candidates(crawl)
    if not found:
        raise UserError(
            f"{crawl} has no boke that can be a canary: with number, text, stars and photo, on the page of "
            "its odai or its own. Name another crawl or an import: --from OTHER"
        )
    here = [row for row in found if is_same_site(row["url"], site)]
    if not here:
        raise UserError(
            f"the boke in {crawl} are of another site than crawl.site ({site}), as is {found[0]['url']}, and "
            "numbers are a site's own. Name a crawl or an import of this site: --from OTHER"
        )
    kept = [row for row in here if forgotten.canary(row)]
    groups: dict[tuple[str | None, bool], list[Canary]] = {}
    for row in kept:
        groups.setdefault((row["layout"], "/odai/" in row["url"]), []).append(_canary(row, site))
    return list(_in_turn(groups.values()))[:count]


def _in_turn(groups: Iterable[Sequence[Canary]]) -> Iterable[Canary]:
    one_of_each = chain.from_iterable(zip_longest(*groups))
    return (canary for canary in one_of_each if canary is not None)


def _canary(row: dict[str, Any], site: str) -> Canary:
    names = ("layout", "odai_id", "boke_id", "text", "stars", "posted", "seen_at", "sha256")
    web = str(row["image_url"]).startswith(("http://", "https://"))  # an import may name its own files
    return Canary(
        url=page_address(row["url"], site),
        image_url=row["image_url"] if web else None,
        **{name: row[name] for name in names},
    )


def _candidates(crawl: Path) -> list[dict[str, Any]]:
    import duckdb

    try:
        with duckdb.connect() as connection:
            for name, schema in (("pages", PAGES), ("images", IMAGES)):
                connection.from_arrow(schema.empty_table()).create(f"no_{name}")
                rows = f"SELECT * FROM no_{name}"
                if paths := shard_paths(crawl / name, schema):
                    rows = f"{rows} UNION ALL BY NAME SELECT * FROM {sql_rows(paths, schema)}"
                connection.execute(f"CREATE TEMP VIEW {name} AS {rows}")
            found: list[dict[str, Any]] = connection.sql(_CANDIDATES).to_arrow_table().to_pylist()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        remedy = f"Which one says: {bokeru('verify', crawl)}"
        raise DamagedFile(crawl, f"a shard cannot be read ({reason})", remedy) from error
    return [row for row in found if numbered(row["url"])]
