"""The crawl's two tables as its memory: DuckDB finds what was fetched in them, and what is due."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crawler.items import CLOSED, LeftOutRow
from crawler.job import Job
from crawler.memory import views
from crawler.memory.last_row import LastRow
from crawler.memory.left_out import rules
from crawler.memory.revisits import Listed, sql_listed
from store.addresses import sql_photo_key
from store.errors import DamagedFile, TooLittleRoom, UserError
from store.place import bokeru
from store.schema import IMAGES, LEFT_OUT, PAGES
from store.shard_reader import sql_rows
from store.shards import shard_paths
from store.sql import literal, without_robots_denials
from store.stand_ins import sql_stand_ins

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind = Literal["pages", "images"]
KINDS: tuple[Kind, ...] = ("pages", "images")
_NEWEST = 200
"""How many outcomes before a run tell how the site was: missing and denied ones among them do not."""
_SHARDS = {"page": ("pages", PAGES), "images": ("images", IMAGES), "left_out": ("left_out", LEFT_OUT)}
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "1GB",  # beyond that, DuckDB goes on in files in `.spill`
    "preserve_insertion_order": False,
}

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
        self._made: set[str] = set()
        self._paths: dict[str, list[Path]] = {}
        for name, (folder, schema) in _SHARDS.items():
            self._paths[folder] = shard_paths(job.directory / folder, schema)
            _scan(connection, name, self._paths[folder], schema)
        connection.create_function("page_address", job.page_address, ["VARCHAR"], "VARCHAR")
        connection.from_arrow(pa.table({"url": pa.array(job.start_urls(), pa.string())})).create("starts")
        first, last = (pa.array(ends, pa.int64()) for ends in zip(*job.odai_ranges(), strict=True))
        connection.from_arrow(pa.table({"first": first, "last": last})).create("odai_ranges")
        connection.from_arrow(pa.table({"odai_id": pa.array(job.odai_listed(), pa.int64())})).create(
            "odai_listed"
        )
        self._query(views.sql_known(job))
        ((is_waiting,),) = self._query("SELECT count(*) > 0 FROM again WHERE waits").fetchall()
        self._query(views.sql_due(job, is_waiting=is_waiting))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the memory of the tables; they cannot be asked any more."""
        self._connection.close()

    def has_pages_of_site(self) -> bool:
        """Tell whether a page of the site is there: a crawl may hold what was imported, and no more."""
        site = literal(f"{self._job.site.rstrip('/')}/")
        return bool(self._query(f"SELECT 1 FROM page WHERE starts_with(url, {site}) LIMIT 1").fetchall())

    def are_current(self) -> bool:
        """Tell whether no shard has come or gone since these tables were opened."""
        now = {folder: shard_paths(self._job.directory / folder) for folder in self._paths}
        return now == self._paths

    def due(self, kind: Kind, limit: int) -> Iterator[str]:
        """Yield up to `limit` addresses that are due, in the order of fetching."""
        rank = _RANK[kind].format(sign=-1 if self._job.options.order == "newest" else 1)
        cursor = self._query(
            f"""SELECT url FROM {self._due(kind)},
                LATERAL (SELECT regexp_extract(url, '/odai/(\\d+)', 1) AS number)
            ORDER BY {rank} LIMIT {limit}"""
        )
        while rows := cursor.fetchmany(1000):
            yield from (url for (url,) in rows)

    def pages_of_due_photos(self, limit: int) -> dict[str, str]:
        """Return the odai's page that shows each of up to `limit` photos that are due, by their addresses."""
        query = f"""
            SELECT due.url, min(page.url)
            FROM (SELECT url FROM {self._due("images")} ORDER BY url LIMIT {limit}) AS due
            JOIN (SELECT url, image_url FROM pages WHERE outcome = 'ok' AND image_url IS NOT NULL) AS page
                ON {sql_photo_key("due.url")} = {sql_photo_key("page.image_url")} GROUP BY due.url"""
        return dict(self._query(query).fetchall())

    def count_due(self, kind: Kind) -> int:
        """Return how many addresses are due."""
        return int(self._query(f"SELECT count(*) FROM {self._due(kind)}").fetchall()[0][0])

    def _due(self, kind: Kind) -> str:
        """Return the name of a table of what is due: each address once. It takes time, so it is made once."""
        name = f"all_due_{kind}"
        if name not in self._made:
            self._query(f"CREATE TEMP TABLE {name} AS SELECT DISTINCT url FROM due_{kind}")
            self._made.add(name)
        return name

    def has_due(self, kind: Kind) -> bool:
        """Tell whether any address is due."""
        return self.count_due(kind) > 0

    def is_complete(self, new_pages: int = 0) -> bool:
        """Tell whether nothing is due within `max_pages` and `max_photos`.

        Args:
            new_pages: how many pages this run has fetched.
        """
        options = self._job.options
        if options.max_photos is not None and self.outcomes("images").get("ok", 0) >= options.max_photos:
            return True
        enough = options.max_pages is not None and new_pages >= options.max_pages
        return (enough or not self.has_due("pages")) and not self.has_due("images")

    def settled_hashes(self, kind: Kind) -> npt.NDArray[np.uint64]:
        """Return `AddressSet`'s hashes of what this run does not ask for: (n,) uint64, in no order."""
        return self._hashes(f"SELECT md5_number_lower(url) AS hash FROM settled_{kind}")

    def last_rows(self, limit: int) -> dict[str, LastRow]:
        """Return up to `limit` newest rows by address, of pages with validators that are to be read again."""
        rows = self._query(
            f"""SELECT url, filename, file_row_number, etag, last_modified
            FROM pages JOIN (
                SELECT url, fetched_at FROM trusted_pages SEMI JOIN again USING (url) WHERE outcome = 'ok')
            USING (url, fetched_at)
            WHERE etag IS NOT NULL OR last_modified IS NOT NULL LIMIT {limit}"""
        ).fetchall()
        return {url: LastRow(Path(shard), number, *known) for url, shard, number, *known in rows}

    def listed(self) -> Listed:
        """Return what lists showed up to their last end, and which of their pages are read again."""
        again = self._hashes("SELECT md5_number_lower(url) AS hash FROM again WHERE is_list")
        return Listed(self._hashes(sql_listed(self._job.options)), again)

    def _hashes(self, sql: str) -> npt.NDArray[np.uint64]:
        return np.asarray(self._query(sql).fetchnumpy()["hash"], np.uint64)

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

    def left_out_by_rule(self, new_pages: int) -> list[LeftOutRow]:
        """Return a row for each rule that leaves something out by now: how many addresses, and an example.

        Args:
            new_pages: how many pages this run has fetched.
        """
        options, photos = self._job.options, self.outcomes("images").get("ok", 0)
        named = rules(
            self._job,
            has_pages=options.max_pages is not None and new_pages >= options.max_pages,
            has_photos=options.max_photos is not None and photos >= options.max_photos,
        )
        found = []
        for rule in named:
            sql = f"SELECT count(DISTINCT url), min(url), {rule.rule} FROM ({rule.sql})"
            ((count, example, words),) = self._query(sql).fetchall()
            if count:
                row = {"url": example, "table": rule.table, "source": rule.source, "rule": words or ""}
                found.append(LeftOutRow(row, left_out_at=datetime.now(UTC), count=count))
        return found

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
            remedy = f"Which one, and what to do with it, says: {bokeru('verify', self._job.directory)}"
            raise DamagedFile(self._job.directory, f"a shard cannot be read ({reason})", remedy) from error


def _scan(connection: "DuckDBPyConnection", name: str, paths: list[Path], schema: pa.Schema) -> None:
    """Make a view of a table's shards, empty if there are none; columns that a shard lacks are null."""
    empty = schema.append(pa.field("filename", pa.string())).append(pa.field("file_row_number", pa.int64()))
    connection.from_arrow(empty.empty_table()).create(f"empty_{name}")
    rows = f"SELECT * FROM empty_{name}"
    if paths:
        rows += f" UNION ALL BY NAME SELECT * FROM {sql_rows(paths, schema, places=True)}"
    if "outcome" in schema.names:
        rows = without_robots_denials(rows)
    connection.execute(f"CREATE TEMP VIEW {name} AS {rows}")
