"""The crawl's two tables as its memory: what they know, and what is still missing, found by DuckDB."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Self

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crawler.job import Job
from dataset.schema import IMAGES, PAGES
from dataset.shards import shard_paths

Kind = Literal["pages", "images"]

_VIEWS = """
CREATE TEMP VIEW known_pages AS
    SELECT url, max(fetched_at) AS fetched_at, max_by(outcome, fetched_at) AS outcome
    FROM pages GROUP BY url;
CREATE TEMP VIEW known_images AS
    SELECT url, max(fetched_at) AS fetched_at, max_by(outcome, fetched_at) AS outcome
    FROM images GROUP BY url;
CREATE TEMP VIEW settled_pages AS
    SELECT url FROM known_pages
    WHERE NOT ($retry AND outcome IN ('error', 'drift') AND fetched_at < $started);
CREATE TEMP VIEW settled_images AS
    SELECT url FROM known_images WHERE NOT ($retry AND outcome = 'error' AND fetched_at < $started);
CREATE TEMP VIEW found_pages AS
    SELECT unnest(links) AS url FROM pages UNION ALL SELECT unnest(start) FROM starts;
CREATE TEMP VIEW found_images AS
    SELECT image_url AS url FROM pages WHERE outcome = 'ok'
    UNION ALL
    SELECT unnest(list_distinct([boke.image_url FOR boke IN bokes])) FROM pages WHERE outcome = 'ok';
"""


class Tables:
    """The tables `pages` and `images` of one crawl, as they lie on disk at this moment.

    Raises:
        DamagedFile: a shard is cut short or lacks a column.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        self._connection.execute("SET preserve_insertion_order = false")
        _scan(self._connection, "pages", job.directory, PAGES)
        _scan(self._connection, "images", job.directory, IMAGES)
        self._connection.execute(
            "CREATE TEMP TABLE starts AS SELECT $1::VARCHAR[] AS start", [job.start_urls()]
        )
        retry, started = str(job.retry_failed).lower(), f"TIMESTAMPTZ '{job.started.isoformat()}'"
        self._connection.execute(_VIEWS.replace("$retry", retry).replace("$started", started))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def missing(self, kind: Kind, limit: int) -> Iterator[str]:
        """Yield up to `limit` addresses that were found and not fetched."""
        cursor = self._connection.execute(
            f"""SELECT DISTINCT url FROM found_{kind} ANTI JOIN settled_{kind} USING (url)
            WHERE url IS NOT NULL ORDER BY url LIMIT {limit}"""
        )
        while rows := cursor.fetchmany(1000):
            yield from (url for (url,) in rows)

    def is_missing(self, kind: Kind) -> bool:
        """Tell whether anything was found and not fetched."""
        return next(self.missing(kind, 1), None) is not None

    def is_complete(self) -> bool:
        """Tell whether nothing is left to fetch within the limits of the settings."""
        options = self._job.options
        if options.max_photos is not None and self.outcomes("images").get("ok", 0) >= options.max_photos:
            return True
        pages = sum(self.outcomes("pages").values())
        enough = options.max_pages is not None and pages >= options.max_pages
        return not self.is_missing("images") and (enough or not self.is_missing("pages"))

    def settled(self, kind: Kind) -> npt.NDArray[np.uint64]:
        """Return the hashes of the addresses that need no fetching, as `AddressSet` computes them."""
        result = self._connection.execute(f"SELECT md5_number_lower(url) AS hash FROM settled_{kind}")
        return np.asarray(result.fetchnumpy()["hash"], np.uint64)

    def outcomes(self, kind: Kind) -> dict[str, int]:
        """Return how many addresses ended with each outcome, the newest row of each counting."""
        rows = self._connection.execute(f"SELECT outcome, count(*) FROM known_{kind} GROUP BY ALL").fetchall()
        return dict(rows)

    def bokes(self) -> int:
        """Return how many distinct boke the pages hold."""
        row = self._connection.execute(
            "SELECT count(DISTINCT id) FROM (SELECT unnest([b.boke_id FOR b IN bokes]) AS id FROM pages)"
        ).fetchone()
        return int(row[0]) if row else 0


def _scan(connection: duckdb.DuckDBPyConnection, name: Kind, directory: Path, schema: pa.Schema) -> None:
    connection.from_arrow(schema.empty_table()).create(f"no_{name}")
    view = f"CREATE TEMP VIEW {name} AS SELECT * FROM no_{name}"
    if paths := shard_paths(directory / name, _required(schema)):
        view += f" UNION ALL BY NAME SELECT * FROM read_parquet({_list(paths)}, union_by_name = true)"
    connection.execute(view)


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def _required(schema: pa.Schema) -> pa.Schema:
    from dataset.schema import OPTIONAL

    return pa.schema([field for field in schema if field.name not in OPTIONAL])
