"""Keeps which side of the split each photo is on that was ever built, in `crawl/sides.parquet`.

The file lies beside the crawl and is mirrored with it: a dataset that was deleted, or is built on another
machine, gets its photos on the sides that they had.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.options import DatasetOptions
from store.options import odai_range
from store.place import Place
from store.register.listed import changing
from store.register.stages import Stage
from store.schema import SIDES
from store.shard_reader import Shard, unreadable
from store.shards import read_schema, whole_parquet

NAME = "sides.parquet"
SETTINGS = ("near_duplicate_bits", "dev_fraction", "split_key")
"""The settings that sides depend on, which the file's metadata name: with others, sides are drawn anew."""
KEY = b"settings"


def recorded(directory: Path, options: DatasetOptions) -> pa.Table:
    """Return the sides (sha256, split) that earlier builds of a dataset recorded with the same SETTINGS.

    A photo that the file lacks has the side that it has in the dataset which is there: one of an earlier
    version, or one whose build was killed before the file was written.

    Args:
        directory: the dataset; it may be missing.

    Raises:
        DamagedFile: the file cannot be read.
    """
    kept = in_file(directory, options)
    built = _built(directory) if _has_settings(directory, options) else kept.slice(0, 0)
    return joined(kept, built).rename_columns(["sha256", "split"])


def held_out(connection: duckdb.DuckDBPyConnection, dev_odai: Sequence[str]) -> pa.Table:
    """Return the photos (sha256, split) of the odai that `dataset.dev_odai` names: all of them are in dev.

    Args:
        connection: has the tables `photo`, `odai` and `boke`.
    """
    ranges = [odai_range(text) for text in dev_odai]
    is_named = " OR ".join(f"odai_id BETWEEN {first} AND {last}" for first, last in ranges) or "false"
    return connection.sql(f"""
        SELECT DISTINCT sha256, 'dev' AS split
        FROM (SELECT odai_id, photo_id FROM odai UNION ALL SELECT odai_id, photo_id FROM boke)
        JOIN photo USING (photo_id) WHERE {is_named} ORDER BY sha256""").to_arrow_table()


def joined(first: pa.Table, then: pa.Table) -> pa.Table:
    """Return two tables of sides (sha256, split) as one; of a photo in both, the side in the first holds."""
    more = then.filter(pc.invert(pc.is_in(then["sha256"], first["sha256"])))
    return pa.concat_tables([first, more.rename_columns(first.column_names)])


def record(directory: Path, options: DatasetOptions) -> None:
    """Write the sides of all photos of a dataset, and of those that earlier builds recorded."""
    path = path_of(directory)
    before = in_file(directory, options)
    table = joined(_built(directory), before).sort_by("sha256")
    if path.exists() and len(before) and table.equals(before):
        return
    crawl, schema = Stage("crawl", path.parent), SIDES.with_metadata({KEY: _settings(options)})
    with changing(crawl, [path]), whole_parquet(path, schema) as writer:
        writer.write_table(table)


def path_of(directory: Path) -> Path:
    """Return where the sides of a dataset's photos are kept."""
    return Place.of(directory).crawl / NAME


def _settings(options: DatasetOptions) -> bytes:
    return json.dumps({name: getattr(options, name) for name in SETTINGS}, sort_keys=True).encode()


def in_file(directory: Path, options: DatasetOptions) -> pa.Table:
    """Return the rows of a dataset's file; none where it is not there, or was written with other settings.

    Raises:
        DamagedFile: the file cannot be read.
    """
    path = path_of(directory)
    if not path.exists() or (read_schema(path).metadata or {}).get(KEY) != _settings(options):
        return SIDES.empty_table()
    try:
        with Shard(path, SIDES) as shard:
            return shard.read(SIDES.names).replace_schema_metadata().combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _has_settings(directory: Path, options: DatasetOptions) -> bool:
    if not read.is_complete(directory):
        return False
    settings = read.settings(directory)
    return all(settings.get(name) == getattr(options, name) for name in SETTINGS)


def _built(directory: Path) -> pa.Table:
    """Return the sides of the photos in a dataset."""
    return read.photos(directory, columns=["sha256"]).rename_columns(SIDES.names)
