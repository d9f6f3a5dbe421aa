"""Whether a dataset may be public: only where every row's licence allows it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from dataset import read
from dataset.build.stage import explain
from dataset.rights.licences import allows_publishing
from store.schema import PHOTOS
from store.shard_reader import sql_rows

SHOWN = 5
"""So many licences a kind of row are named in a message."""
_LICENCES = {
    "captions": "SELECT c.licence AS licence FROM (SELECT unnest(captions) AS c FROM {rows})",
    "photos": "SELECT licence FROM {rows}",
}
_COUNTED = "SELECT licence, count(*) FROM ({rows}) GROUP BY ALL ORDER BY 2 DESC, 1"


def why_not_public(dataset: Path) -> str | None:
    """Return how many rows, by licence, may not be published; None where all may.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
    """
    shards = read.shards(dataset)
    rows = sql_rows(shards, PHOTOS)
    try:
        with duckdb.connect() as connection:
            counts = {
                kind: connection.execute(_COUNTED.format(rows=query.format(rows=rows))).fetchall()
                for kind, query in _LICENCES.items()
            }
    except duckdb.Error as error:
        raise explain(error, shards) from error
    return " and ".join(part for kind, found in counts.items() for part in _closed(kind, found)) or None


def _closed(kind: str, counts: list[tuple[str | None, int]]) -> Iterator[str]:
    closed = [(licence, number) for licence, number in counts if not allows_publishing(licence)]
    if closed:
        named = [f"{n:,} {licence or 'without any that is known'}" for licence, n in closed[:SHOWN]]
        more = [f"{len(closed) - SHOWN:,} more licences"] if len(closed) > SHOWN else []
        of_all = f"{sum(n for _, n in closed):,} of {sum(n for _, n in counts):,} {kind}"
        yield f"{of_all} ({', '.join([*named, *more])})"
