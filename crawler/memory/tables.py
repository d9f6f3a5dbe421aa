"""The crawl's two tables as its memory: DuckDB finds what was fetched in them, and what is due."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crawler.items import CLOSED, NOT_A_HOST, WITHDRAWN
from crawler.job import Job
from store.addresses import canonical_pattern, sql_host, sql_narrower, sql_photo_key
from store.errors import DamagedFile, TooLittleRoom, UserError
from store.place import bokeru
from store.schema import IMAGES, LEFT_OUT, PAGES, required
from store.shards import shard_paths
from store.sql import literal, read_parquet, string_list, without_robots_denials
from store.stand_ins import sql_stand_ins

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind = Literal["pages", "images"]
KINDS: tuple[Kind, ...] = ("pages", "images")
_NEWEST = 200
"""How many outcomes before a run tell how the site was: missing and denied ones among them do not."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "1GB",  # beyond that, DuckDB goes on in files in `.spill`
    "preserve_insertion_order": False,
}

# latest_*: the newest row of each address. fetched_*: addresses that need no fetching. discovered_*: those
# that the crawl starts from or that its rows lead to. An address is due if it is discovered and not fetched.
# - What a rule kept from being fetched has no row, so it is due in the next run, and not in this one.
# - A list also shows photos of odai that opt out, so a photo is discovered on its odai's own page.
# - A photo whose host is not allowed is not due; it is once the settings allow its host.
# - A photo that is missing, or stayed broken at every try, leads to its next narrower copy, but not where its
#   host was not allowed: nothing was asked for there.
# - What 0.1 took from the markup since 2024 has neither stars nor dates: such a page is due again. A page
#   that is read so today is drift, not ok, so it is not asked for for ever.
# - A row that came while the site as a whole failed says nothing of its page: that crawl withdrew it. If the
#   settings of today allow the share that it was withdrawn for, it counts.
# - Crawls of 0.1 hold pages and links as they were spelled: each counts as the one address of its page.
_VIEWS = """
CREATE TEMP VIEW pages AS
    SELECT {one_address} AS url, page.* EXCLUDE (url) FROM page;
CREATE TEMP VIEW closed AS
    SELECT url, "table" FROM left_out
    WHERE count IS NULL AND source LIKE 'http%' AND left_out_at >= {started};
CREATE TEMP TABLE latest_pages AS
    SELECT url, max(fetched_at) AS fetched_at, arg_max(outcome, fetched_at) AS outcome,
        arg_max({misread}, fetched_at) AS is_misread
    FROM pages GROUP BY url;
CREATE TEMP TABLE latest_images AS
    SELECT url, max(fetched_at) AS fetched_at, arg_max(outcome, fetched_at) AS outcome,
        arg_max(error, fetched_at) FILTER (outcome = 'error') AS error
    FROM images GROUP BY url;
CREATE TEMP TABLE withdrawn AS
    SELECT "table", {one_address} AS url, max(left_out_at) AS withdrawn_at FROM left_out
    WHERE count IS NULL AND (source = '{withdrawn}'
        OR (source = '{withdrawn}.max_drift' AND {share} > {max_drift})
        OR (source = '{withdrawn}.max_errors' AND {share} > {max_errors})) GROUP BY ALL;
CREATE TEMP VIEW trusted_pages AS
    SELECT page.* FROM latest_pages AS page ANTI JOIN (SELECT * FROM withdrawn WHERE "table" = 'pages') AS bad
        ON page.url = bad.url AND fetched_at <= withdrawn_at;
CREATE TEMP VIEW trusted_images AS
    SELECT image.* FROM latest_images AS image ANTI JOIN (SELECT * FROM withdrawn WHERE "table" = 'images')
        AS bad ON image.url = bad.url AND fetched_at <= withdrawn_at;
CREATE TEMP VIEW fetched_pages AS
    SELECT url FROM trusted_pages WHERE fetched_at >= {fresh} AND NOT is_misread
    AND NOT ({retry} AND outcome IN ('error', 'drift', 'denied') AND fetched_at < {started})
    UNION ALL SELECT {one_address} FROM closed WHERE "table" = 'pages';
CREATE TEMP VIEW fetched_images AS
    SELECT url FROM trusted_images
    WHERE NOT ({retry} AND outcome IN ('error', 'denied') AND fetched_at < {started})
    AND NOT (outcome = 'error' AND coalesce(regexp_extract(error, '{not_a_host}', 1) IN {hosts}, false))
    UNION ALL SELECT url FROM closed WHERE "table" = 'images';
CREATE TEMP VIEW discovered_pages AS
    SELECT {one_address} AS url FROM (SELECT unnest(links) AS url FROM page)
    UNION ALL SELECT url FROM starts
    UNION ALL SELECT {odai} || unnest(range(first, last + 1)) FROM odai_ranges
    UNION ALL SELECT {odai} || odai_id FROM odai_listed;
CREATE TEMP VIEW denied_odai AS
    SELECT TRY_CAST(regexp_extract(url, '/odai/(\\d+)', 1) AS BIGINT) AS odai_id
    FROM latest_pages WHERE outcome = 'denied' AND url LIKE '%/odai/%';
CREATE TEMP VIEW discovered_images AS SELECT url FROM (
    SELECT image_url AS url FROM pages ANTI JOIN denied_odai USING (odai_id) WHERE outcome = 'ok'
    UNION ALL
    SELECT unnest([boke.image_url FOR boke IN bokes IF boke.odai_id IS NULL]) FROM pages WHERE outcome = 'ok'
    UNION ALL SELECT {narrower} FROM trusted_images WHERE outcome = 'missing'
    OR outcome = 'error' AND NOT coalesce(regexp_matches(error, '{not_a_host}'), false)
    ) WHERE {host} IN {hosts};
"""
_MISREAD = """(layout = 'next_2024' AND outcome = 'ok' AND len(bokes) > 0
    AND len([1 FOR boke IN bokes IF boke.stars IS NOT NULL OR boke.posted IS NOT NULL]) = 0)"""
# As `frontier.PageQueue` orders pages: odai before lists, by number; then by page.
_RANK = {
    "pages": """number = '', {sign} * coalesce(TRY_CAST(number AS BIGINT), 0),
        coalesce(TRY_CAST(regexp_extract(url, '[?&]page=(\\d+)', 1) AS BIGINT), 1), url""",
    "images": "url",
}


class Tables:
    """The tables `pages` and `images` of one crawl, as they are on disk at this moment.

    Raises:
        DamagedFile: a shard is cut short, lacks a column, or is damaged inside (from any method).
        UserError: DuckDB needs more memory than it may have (from any method).
    """

    def __init__(self, job: Job) -> None:
        import duckdb

        self._job = job
        connection = duckdb.connect(config=_CONFIG | {"temp_directory": str(job.directory / ".spill")})
        self._connection = connection
        _scan(connection, "page", job.directory / "pages", PAGES)
        _scan(connection, "images", job.directory / "images", IMAGES)
        _scan(connection, "left_out", job.directory / "left_out", LEFT_OUT)
        connection.create_function("page_address", job.page_address, ["VARCHAR"], "VARCHAR")
        connection.from_arrow(pa.table({"url": pa.array(job.start_urls(), pa.string())})).create("starts")
        first, last = (pa.array(ends, pa.int64()) for ends in zip(*job.odai_ranges(), strict=True))
        connection.from_arrow(pa.table({"first": first, "last": last})).create("odai_ranges")
        connection.from_arrow(pa.table({"odai_id": job.odai_listed()})).create("odai_listed")
        self._query(_VIEWS.format(**_constants(job)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def due(self, kind: Kind, limit: int) -> Iterator[str]:
        """Yield up to `limit` addresses that are due, in the order of fetching."""
        rank = _RANK[kind].format(sign=-1 if self._job.options.order == "newest" else 1)
        cursor = self._query(
            f"""SELECT url FROM (
                SELECT DISTINCT url FROM discovered_{kind} ANTI JOIN fetched_{kind} USING (url)
                WHERE url IS NOT NULL
            ), LATERAL (SELECT regexp_extract(url, '/odai/(\\d+)', 1) AS number)
            ORDER BY {rank} LIMIT {limit}"""
        )
        while rows := cursor.fetchmany(1000):
            yield from (url for (url,) in rows)

    def pages_of_due_photos(self, limit: int) -> dict[str, str]:
        """Return the odai's page that shows each of up to `limit` photos that are due, by their addresses."""
        query = f"""
            SELECT due.url, min(page.url) FROM (
                SELECT DISTINCT url FROM discovered_images ANTI JOIN fetched_images USING (url)
                WHERE url IS NOT NULL ORDER BY url LIMIT {limit}) AS due
            JOIN (SELECT url, image_url FROM pages WHERE outcome = 'ok' AND image_url IS NOT NULL) AS page
                ON {sql_photo_key("due.url")} = {sql_photo_key("page.image_url")} GROUP BY due.url"""
        return dict(self._query(query).fetchall())

    def count_due(self, kind: Kind) -> int:
        """Return how many addresses are due."""
        sql = f"SELECT count(DISTINCT url) FROM discovered_{kind} ANTI JOIN fetched_{kind} USING (url)"
        return int(self._query(sql).fetchall()[0][0])

    def has_due(self, kind: Kind) -> bool:
        """Tell whether any address is due."""
        return next(self.due(kind, 1), None) is not None

    def is_complete(self) -> bool:
        """Tell whether nothing is due within `max_pages` and `max_photos`."""
        options = self._job.options
        if options.max_photos is not None and self.outcomes("images").get("ok", 0) >= options.max_photos:
            return True
        pages = sum(self.outcomes("pages").values())
        enough = options.max_pages is not None and pages >= options.max_pages
        return not self.has_due("images") and (enough or not self.has_due("pages"))

    def fetched_hashes(self, kind: Kind) -> npt.NDArray[np.uint64]:
        """Return `AddressSet`'s hashes of the addresses that need no fetching: (n,) uint64, in no order."""
        result = self._query(f"SELECT md5_number_lower(url) AS hash FROM fetched_{kind}")
        return np.asarray(result.fetchnumpy()["hash"], np.uint64)

    def outcomes(self, kind: Kind) -> dict[str, int]:
        """Return how many addresses have each outcome, by the newest row of each address."""
        return dict(self._query(f"SELECT outcome, count(*) FROM latest_{kind} GROUP BY ALL").fetchall())

    def refused(self) -> int:
        """Return how many pages are closed to us, by the newest row of each: see `PageRow.is_refused`."""
        statuses = ", ".join(map(str, CLOSED))
        # max_by leaves rows out whose value is NULL, as the status is where there was no answer.
        closed = f"outcome = 'denied' OR coalesce(status IN ({statuses}), false)"
        sql = f"SELECT max_by({closed}, fetched_at) AS is_closed FROM pages GROUP BY url"
        sql = f"SELECT count(*) FROM ({sql}) WHERE is_closed"
        return int(self._query(sql).fetchall()[0][0])

    def stand_ins(self) -> dict[str, int]:
        """Return the pictures that stand for photos, by sha256, with the number of addresses of each."""
        return dict(self._query(sql_stand_ins("images", self._job.options.stand_ins)).fetchall())

    def newest(self, kind: Kind) -> list[str]:
        """Return the outcomes of the addresses fetched last, the newest first, without withdrawn rows."""
        sql = f"SELECT outcome FROM trusted_{kind} ORDER BY fetched_at DESC LIMIT {_NEWEST}"
        return [outcome for (outcome,) in self._query(sql).fetchall()]

    def left_out(self, kind: Kind) -> int:
        """Return how many addresses robots.txt and tdmrep.json closed since the run began."""
        sql = f"""SELECT count(DISTINCT url) FROM closed WHERE "table" = '{kind}'"""
        return int(self._query(sql).fetchall()[0][0])

    def bokes(self) -> int:
        """Return how many distinct boke the pages hold."""
        sql = "SELECT count(DISTINCT id) FROM (SELECT unnest([b.boke_id FOR b IN bokes]) AS id FROM pages)"
        return int(self._query(sql).fetchall()[0][0])

    def _query(self, sql: str) -> "DuckDBPyConnection":
        import duckdb

        try:
            return self._connection.execute(sql)
        except duckdb.OutOfMemoryException as error:
            raise UserError(
                f"{self._job.directory} needs more memory to read than DuckDB may have: {error}"
            ) from error
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].rstrip(".")
            if "No space left" in reason:
                raise TooLittleRoom(
                    f"{self._job.directory}: no space left on the disk for what does not fit in memory. "
                    f"Free some space, then: {self._job.command}"
                ) from error
            remedy = (
                f"`{bokeru('verify', self._job.directory)}` says which: delete that one and crawl again; "
                "only what it held is fetched anew."
            )
            raise DamagedFile(self._job.directory, f"a shard cannot be read ({reason})", remedy) from error


def _constants(job: Job) -> dict[str, str]:
    """Return what the SQL of the views has in braces: SQL literals and expressions, from job and settings."""
    days = job.options.revisit_after
    # A page fetched before `fresh` is due again; without revisit_after, none is.
    fresh = "'-infinity'" if days is None else f"'{(job.started - timedelta(days=days)).isoformat()}'"
    return {
        "misread": f"coalesce({_MISREAD}, false)",
        "retry": str(job.retry_failed).lower(),
        "started": f"TIMESTAMPTZ '{job.started.isoformat()}'",
        "fresh": f"TIMESTAMPTZ {fresh}",
        "withdrawn": WITHDRAWN,
        "share": "coalesce(TRY_CAST(split_part(rule, ' ', 1) AS DOUBLE), 1)",
        "max_drift": str(job.options.max_drift),
        "max_errors": str(job.options.max_errors),
        "narrower": sql_narrower("url"),
        "odai": literal(job.odai_prefix),
        "not_a_host": f"^https?://(\\S+) {NOT_A_HOST}",
        "host": f"regexp_replace(lower({sql_host('url')}), ':(80|443)$', '')",
        "hosts": string_list(sorted(job.hosts)),
        # The pattern alone is fast, and nearly all match it.
        "one_address": f"CASE WHEN regexp_matches(url, {literal(canonical_pattern(job.site))}) "
        "THEN url ELSE page_address(url) END",
    }


def _scan(connection: "DuckDBPyConnection", name: str, directory: Path, schema: pa.Schema) -> None:
    """Make a view of a table's shards, empty if there are none; columns that a shard lacks are null."""
    connection.from_arrow(schema.empty_table()).create(f"empty_{name}")
    rows = f"SELECT * FROM empty_{name}"
    if paths := shard_paths(directory, required(schema)):
        rows += f" UNION ALL BY NAME SELECT * FROM {read_parquet(paths)}"
    if "outcome" in schema.names:
        rows = without_robots_denials(rows)
    connection.execute(f"CREATE TEMP VIEW {name} AS {rows}")
