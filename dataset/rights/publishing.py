"""Whether a dataset, or what learned from it, may be public: only where every row's licence allows it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from dataset import read
from dataset.damage import explained
from dataset.rights.licences import PUBLIC, allows_publishing
from store.schema import PHOTOS
from store.shard_reader import sql_rows

SHOWN = 5
"""So many licences a kind of row are named in a message."""
_LICENCES = {
    "captions": "SELECT c.licence AS licence FROM (SELECT unnest(captions) AS c FROM {rows})",
    "photos": "SELECT licence FROM {rows}",
}
_SAYS_NO = """
    SELECT sha256, min(licence) FROM (
        SELECT sha256, licence FROM {rows} UNION ALL
        SELECT sha256, c.licence FROM (SELECT sha256, unnest(captions) AS c FROM {rows}))
    WHERE licence <> '' AND NOT regexp_full_match(licence, $public) GROUP BY sha256"""
_CLOSED = "there are no licences that let it be published of"
_COUNTED = "SELECT licence, count(*) FROM ({rows}) GROUP BY ALL ORDER BY 2 DESC, 1"


def not_to_pass_on(dataset: Path) -> dict[str, str]:
    """Return the photos, by sha256, that a licence keeps from being passed on: theirs, or a caption's.

    Each comes with that licence. One without any that is known is not among them: nobody says no there.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
    """
    shards = read.shards(dataset)
    with explained(shards), duckdb.connect() as connection:
        query = _SAYS_NO.format(rows=sql_rows(shards, PHOTOS))
        rows = connection.execute(query, {"public": PUBLIC}).fetchall()
    return dict(rows)


def why_not_public(dataset: Path) -> str | None:
    """Return why a dataset may not be published: how many rows, by licence; None where all may.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
    """
    shards = read.shards(dataset)
    rows = sql_rows(shards, PHOTOS)
    with explained(shards), duckdb.connect() as connection:
        counts = {
            kind: connection.execute(_COUNTED.format(rows=query.format(rows=rows))).fetchall()
            for kind, query in _LICENCES.items()
        }
    return why_not(counts)


def why_not(counts: Mapping[str, Sequence[tuple[str | None, int]]]) -> str | None:
    """Return the same of rows that were counted.

    Args:
        counts: of each kind of row its licences, each with the number of rows, most first.
    """
    parts = [part for kind, found in counts.items() for part in _closed(kind, found)]
    return f"{_CLOSED} {' and '.join(parts)}" if parts else None


def _closed(kind: str, counts: Sequence[tuple[str | None, int]]) -> Iterator[str]:
    closed = [(licence, number) for licence, number in counts if not allows_publishing(licence)]
    if closed:
        named = [f"{n:,} {licence or 'without any that is known'}" for licence, n in closed[:SHOWN]]
        more = [f"{len(closed) - SHOWN:,} more licences"] if len(closed) > SHOWN else []
        of_all = f"{sum(n for _, n in closed):,} of {sum(n for _, n in counts):,} {kind}"
        yield f"{of_all} ({', '.join([*named, *more])})"
