"""Which photos are near copies of forgotten ones: scaled, cut a little, or saved anew."""

from collections.abc import Collection, Iterable

import duckdb
import pyarrow as pa

HASH = 'sha256 VARCHAR, phash VARCHAR, "group" VARCHAR'
"""The columns of what a stage states of its photos, null where it does not know."""


def near_copies(queries: Iterable[str], sha256s: Collection[str], bits: int) -> set[str]:
    """Return the sha256 of photos in the group of one of `sha256s`, or with a pHash at most `bits` bits away.

    Args:
        queries: SQL of the stages that selects the columns of `HASH`.

    Raises:
        duckdb.Error: a shard is damaged.
    """
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE stated ({HASH})")
        for query in queries:
            connection.execute(f"INSERT INTO stated {query}")
        connection.from_arrow(pa.table({"sha256": pa.array(sorted(sha256s), pa.string())})).create("wanted")
        rows = connection.execute(f"""
            CREATE VIEW photo AS SELECT DISTINCT sha256, "group", CASE
                WHEN regexp_full_match(phash, '[0-9a-fA-F]{{16}}') THEN ('0x' || phash)::UBIGINT END AS bits
            FROM stated WHERE sha256 IS NOT NULL;
            SELECT DISTINCT photo.sha256
            FROM photo JOIN (FROM photo SEMI JOIN wanted USING (sha256)) gone
            ON photo."group" = gone."group" OR bit_count(xor(photo.bits, gone.bits)) <= {bits}
            WHERE photo.sha256 NOT IN (FROM wanted)""").fetchall()
    return {sha256 for (sha256,) in rows}
