"""A quick look at a stage: its files have the names, sizes and rows that the manifest lists; none is read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import DamagedFile
from store.manifest import Entry
from store.register.stages import Stage, Table
from store.register.verify import Problem, Problems, check_manifest
from store.shards import shard_paths


def check_quickly(stage: Stage) -> Problems:
    """Yield what manifest, sizes and the ends of Parquet files tell of damage; no row is read."""
    yield from check_manifest(stage, _problem, "sizes")
    for table in stage.tables():
        yield from check_footers(table)


def check_footers(table: Table) -> Problems:
    """Yield which shards are cut short, are no Parquet, or lack a column."""
    for path in table.paths:
        try:
            shard_paths(path.parent, table.columns, path.name)
        except DamagedFile as error:
            yield Problem(str(error))


def _problem(entry: Entry, directory: Path) -> str | None:
    if (problem := entry.size_problem(directory)) or entry.rows is None:
        return problem
    try:
        rows = pq.read_metadata(directory / entry.name).num_rows
    except (pa.ArrowException, OSError):
        return None  # `check_footers` says so
    if rows == entry.rows:
        return None
    return f"is not the file that the manifest lists: {entry.rows:,} rows are listed, {rows:,} are there"
