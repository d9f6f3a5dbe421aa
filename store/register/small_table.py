"""A small table that is one whole Parquet file, read and written as a whole: canaries, the history."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from store.errors import DamagedFile
from store.shard_reader import Shard, holds
from store.shards import read_schema, whole_parquet


def read_rows(path: Path, schema: pa.Schema, remedy: str) -> list[dict[str, Any]]:
    """Return the rows of the table at `path`; none where there is no file. Maps are returned as dicts.

    Args:
        schema: the columns that it must have, with their types.
        remedy: what the user does where it is damaged.

    Raises:
        DamagedFile: it is cut short, lacks a column, or holds something else in one.
    """
    if not path.exists() and not path.is_symlink():
        return []
    try:
        found = read_schema(path)
        for field in schema:
            if field.name not in found.names:
                raise DamagedFile(path, f"it has no column {field.name!r}", remedy)
            if not holds(kind := found.field(field.name).type, field.type):
                raise DamagedFile(path, f"column {field.name!r} is {kind}, not {field.type}", remedy)
        with Shard(path, schema) as shard:
            table = shard.read(schema.names)
        return list(table.to_pylist(maps_as_pydicts="strict"))
    except DamagedFile as error:
        raise DamagedFile(path, error.reason, remedy) from None
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DamagedFile(path, reason, remedy) from error


def write_rows(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the table in one step; a table without rows is a file, too."""
    with whole_parquet(path, schema) as writer:
        writer.write_table(pa.Table.from_pylist(list(rows), schema=schema))
