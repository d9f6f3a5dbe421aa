"""Which photos are near copies of forgotten ones."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import duckdb
import pyarrow as pa

from store.photo.near.kept import KeptLooks
from store.photo.near.near_to import near_to

HASH = 'sha256 VARCHAR, phash VARCHAR, "group" VARCHAR'
"""The columns of what a stage states of its photos, null where it does not know."""


class NearCopies(NamedTuple):
    """Near copies of forgotten photos.

    Args:
        found: their sha256.
        unseen: how many photos of the pipeline no build has seen: these were compared by pHash alone.
    """

    found: set[str]
    unseen: int


def near_copies(queries: Iterable[str], sha256s: Collection[str], bits: int, kept: KeptLooks) -> NearCopies:
    """Return the photos in the group of one of `sha256s`, and those that `near_to` finds.

    Args:
        queries: SQL of the stages that selects the columns of `HASH`.
        kept: what the pipeline's photos look like.

    Raises:
        duckdb.Error: a shard is damaged.
        DamagedFile: a file of looks is.
    """
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE stated ({HASH})")
        for query in queries:
            connection.execute(f"INSERT INTO stated {query}")
        connection.from_arrow(pa.table({"sha256": pa.array(sorted(sha256s), pa.string())})).create("wanted")
        rows = connection.execute("""
            SELECT DISTINCT photo.sha256 FROM stated photo
            JOIN (FROM stated SEMI JOIN wanted USING (sha256)) gone ON photo."group" = gone."group"
        """).fetchall()
        photos = connection.sql("SELECT DISTINCT sha256, phash FROM stated WHERE sha256 IS NOT NULL")
        near = near_to(kept, photos.to_arrow_table(), sha256s, bits)
    return NearCopies(
        {sha256 for (sha256,) in rows}.union(*near.copies.values()) - set(sha256s), len(near.unseen)
    )
