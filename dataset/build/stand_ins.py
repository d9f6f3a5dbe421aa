"""Finds the pictures of each crawl that stand for photos which are not there."""

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from store.schema import IMAGES
from store.shard_reader import sql_rows
from store.shards import shard_paths
from store.stand_ins import StandInRule, sql_stand_ins


def stand_ins(crawls: Sequence[Path], rule: StandInRule) -> list[str]:
    """Return the sha256 of every picture that is a stand-in in any of the crawls, sorted.

    Only the columns of addresses and digests are read.

    Raises:
        duckdb.Error: a shard is damaged.
    """
    found: set[str] = set()
    with duckdb.connect() as connection:
        for crawl in crawls:
            if paths := shard_paths(crawl / "images", IMAGES):
                rows = connection.execute(sql_stand_ins(sql_rows(paths, IMAGES), rule)).fetchall()
                found |= {sha256 for sha256, _ in rows}
    return sorted(found)


def load_stand_ins(connection: duckdb.DuckDBPyConnection, photos: Collection[str]) -> None:
    """Make `stand_in` (sha256), a row per picture."""
    connection.from_arrow(pa.table({"sha256": pa.array(list(photos), pa.string())})).create("stand_in")
