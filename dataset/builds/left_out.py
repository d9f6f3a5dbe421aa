"""Writes the captions that a build leaves out, each with the filter that does it: a dataset's `left_out/`.

Captions that are forgotten are not among them, and of those that were opted out not the text.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from store.schema import LEFT_OUT_CAPTIONS
from store.shards import shard_paths, whole_parquet

FOLDER = "left_out"
ROWS, GROUPS = 50_000, 40
"""Rows in a row group, and row groups in a file: some 100 MB of captions."""
_ORDER = "ORDER BY sha256, odai_id, boke_id, url, text"
# A caption without a photo is left out by `no_photo`: it has neither sha256 nor pHash.
_BY_FACT = f"""
    SELECT sha256, phash, boke_id, odai_id, CASE WHEN filter_name <> 'opt_outs' THEN text END AS text,
        stars, raters, category, posted, url, filter_name AS filter, candidate.licence AS licence,
        candidate.source AS source, found
    FROM candidate LEFT JOIN photo USING (photo_id) LEFT JOIN found ON found.id = candidate.rowid
    WHERE filter_name <> 'forgotten' {_ORDER}"""
_BY_TEXT = f"""
    SELECT sha256, phash, boke_id, odai_id, text, stars, raters, left_out.category AS category, posted, url,
        filter, left_out.licence AS licence, left_out.source AS source,
        NULL AS found
    FROM left_out JOIN photo_row USING (n) {_ORDER}"""


def write_by_fact(connection: duckdb.DuckDBPyConnection, dataset: Path) -> None:
    """Write what filters leave out that need no normalised text, from `candidate`, `photo`, `found`."""
    _write(connection, _BY_FACT, dataset / FOLDER, "by-fact")


def write_by_text(connection: duckdb.DuckDBPyConnection, dataset: Path) -> None:
    """Write what filters on texts, and those that compare a photo's captions, left out, from `left_out`."""
    _write(connection, _BY_TEXT, dataset / FOLDER, "by-text")


def add(connection: duckdb.DuckDBPyConnection, captions: pa.Table) -> None:
    """Add captions to `left_out`: a table that has its columns, and may have others."""
    names = connection.table("left_out").columns
    connection.from_arrow(captions.select(names)).insert_into("left_out")


def add_without_bytes(connection: duckdb.DuckDBPyConnection, photos: pa.Table) -> None:
    """Add the captions of photos without bytes, in blocks as `write_photos` yields them."""
    lists = photos["captions"].combine_chunks()
    captions = pa.Table.from_struct_array(lists.flatten())
    numbers = photos["n"].take(pc.list_parent_indices(lists))
    reason = pa.repeat("no_photo", len(captions))
    add(connection, captions.append_column("n", numbers).append_column("filter", reason))


def paths(dataset: Path) -> list[Path]:
    """Return the files of a dataset; one of an earlier version has none.

    Raises:
        DamagedFile: one is cut short or lacks a column.
    """
    return shard_paths(dataset / FOLDER, LEFT_OUT_CAPTIONS)


def _write(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, name: str) -> None:
    """Write the rows of a query in files of ROWS * GROUPS rows; one without rows is written, too."""
    reader = connection.sql(query).to_arrow_reader(ROWS)
    number, batch = 0, next(reader, None)
    while batch is not None or not number:
        with whole_parquet(folder / f"{name}-{number:05d}.parquet", LEFT_OUT_CAPTIONS) as writer:
            for _ in range(GROUPS):
                if batch is not None:
                    writer.write_batch(batch.cast(LEFT_OUT_CAPTIONS))
                    batch = next(reader, None)
        number += 1
