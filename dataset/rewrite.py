"""Write a stage's tables again without what is to be forgotten: only the files that hold it change."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset import read
from dataset.build.blocks import assemble
from dataset.build.crawl_tables import literal
from dataset.build.photos_table import dataset_image
from dataset.build.publish import Origin, publish
from dataset.build.stage import WORK, connect
from dataset.content import Content
from store.forgotten import ForgottenFilter
from store.manifest import fingerprint
from store.schema import CAPTION, PHOTOS
from store.shards import shard_paths, whole_parquet
from store.swap import locked, replacement

Row = dict[str, Any]
PHOTOS_AT_A_TIME = 1_000


def rewrite_crawl(directory: Path, forgotten: ForgottenFilter) -> int:
    """Rewrite a crawl's shards without what `forgotten` holds; return how many changed."""
    pages = [_rewrite(path, forgotten.page, None) for path in shard_paths(directory / "pages")]
    images = [
        _rewrite(path, forgotten.image, ["url", "sha256"]) for path in shard_paths(directory / "images")
    ]
    return sum(pages) + sum(images)


def _rewrite(path: Path, change: Callable[[Row], Row], telling: list[str] | None) -> bool:
    """Put the rows of `path` through `change`, a row group at a time; return whether any changed.

    Args:
        telling: the columns that tell whether a row will change; None means all.
    """
    with pq.ParquetFile(path) as shard:
        if not any(change(row) is not row for group in _groups(shard, telling) for row in group):
            return False
        with whole_parquet(path, shard.schema_arrow) as writer:
            for group in _groups(shard, None):
                rows = [change(row) for row in group]
                writer.write_table(pa.Table.from_pylist(rows, schema=shard.schema_arrow))
    return True


def _groups(shard: pq.ParquetFile, columns: list[str] | None) -> Iterator[list[Row]]:
    for group in range(shard.num_row_groups):
        yield shard.read_row_group(group, columns=columns).to_pylist()


def rewrite_features(directory: Path, sha256s: set[str]) -> int:
    """Rewrite a feature cache without the vectors of some photos; return how many shards changed."""
    gone = pa.array(sha256s, pa.string())
    changed = 0
    for path in shard_paths(directory):
        if not pc.any(pc.is_in(pq.read_table(path, columns=["sha256"])["sha256"], gone)).as_py():
            continue
        changed += 1
        with pq.ParquetFile(path) as shard, whole_parquet(path, shard.schema_arrow) as writer:
            for group in range(shard.num_row_groups):
                rows = shard.read_row_group(group)
                writer.write_table(rows.filter(pc.invert(pc.is_in(rows["sha256"], gone))))
    return changed


def rewrite_dataset(directory: Path, content: Content) -> int:
    """Publish a dataset again without `content`: shards, vocabulary, figures and card; return files changed.

    Where nothing is left, the dataset is deleted.

    Raises:
        UserError: another process is writing the dataset.
    """
    with locked(directory):
        gone = content.among(read.captions(directory))
        if not any(gone):
            return 0
        if all(gone):
            shutil.rmtree(directory)
            return 1
        manifest = read.manifest(directory)
        shards = read.shards(directory)
        with replacement(directory) as new:
            (new / WORK).mkdir()
            with connect(new) as connection:
                _load(connection, shards, content)
                _load_taken(connection, read.statistics(directory))
                mark = fingerprint(manifest["fingerprint"], sorted(content.sha256s), sorted(content.odai_ids))
                origin = Origin(
                    manifest["pipeline"],
                    fingerprint(mark, sorted(content.boke_ids)),
                    manifest["settings"],
                    manifest["crawls"],
                    manifest["sources"],
                    manifest["tokens"],
                    manifest["texts"],
                )
                publish(connection, _kept(connection), shards, dataset_image, new, origin)
            shutil.rmtree(new / WORK)
    return len(shards)


def _load(connection: duckdb.DuckDBPyConnection, shards: list[Path], content: Content) -> None:
    """Make `photo_row` and `kept_caption` of a dataset's own shards, without `content`."""
    gone = {
        "sha256": pa.array(content.sha256s, pa.string()),
        "odai_id": pa.array(content.odai_ids, pa.int64()),
        "boke_id": pa.array(content.boke_ids, pa.int64()),
    }
    for name, values in gone.items():
        connection.from_arrow(pa.table({name: values})).create(f"gone_{name}")
    files = pa.table({"filename": [str(path) for path in shards], "shard": range(len(shards))})
    connection.from_arrow(files).create("file")
    listed = ", ".join(literal(str(path)) for path in shards)
    photo = ", ".join(f'"{name}"' for name in PHOTOS.names if name not in ("image", "captions", "odai_ids"))
    caption = ", ".join(f'c."{field.name}" AS "{field.name}"' for field in CAPTION)
    connection.execute(f"""
        CREATE VIEW source AS
        SELECT * FROM read_parquet([{listed}], filename = true, file_row_number = true)
        JOIN file USING (filename)
        WHERE sha256 NOT IN (FROM gone_sha256);
        CREATE TABLE said AS
        SELECT sha256, place, {caption} FROM (
            SELECT sha256, unnest(captions) AS c, generate_subscripts(captions, 1) AS place FROM source)
        WHERE NOT coalesce(c.odai_id IN (FROM gone_odai_id) OR c.boke_id IN (FROM gone_boke_id), false);
        CREATE TABLE photo_row AS
        SELECT row_number() OVER (ORDER BY shard, file_row_number) - 1 AS n, shard, file_row_number AS row,
            split_part(parse_filename(filename), '-', 1) AS split, {photo},
            list_filter(odai_ids, lambda o: NOT list_contains({sorted(content.odai_ids)}::BIGINT[], o))
                AS odai_ids
        FROM source SEMI JOIN said USING (sha256);
        CREATE TABLE kept_caption AS SELECT n, said.* EXCLUDE (sha256) FROM said
        JOIN (SELECT n, sha256 FROM photo_row) USING (sha256);
    """)


def _kept(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
    """Yield `photo_row` with the captions in `kept_caption`, some photos at a time."""
    [(total,)] = connection.execute("SELECT count(*) FROM photo_row").fetchall()
    for first in range(0, total, PHOTOS_AT_A_TIME):
        block = f"WHERE n BETWEEN {first} AND {first + PHOTOS_AT_A_TIME - 1} ORDER BY n"
        photos = connection.sql(f"SELECT * FROM photo_row {block}").to_arrow_table()
        captions = connection.sql(f"SELECT * FROM kept_caption {block}, place").to_arrow_table()
        yield assemble(photos, captions)


def _load_taken(connection: duckdb.DuckDBPyConnection, figures: dict[str, Any]) -> None:
    """Make `taken_by`: what the filters took when the dataset was built."""
    taken = {name: count for name, count in figures.get("filters", {}).items() if count}
    kinds = pa.schema({"reason": pa.string(), "captions": pa.int64()})
    table = pa.table({"reason": list(taken), "captions": list(taken.values())}, kinds)
    connection.from_arrow(table).create("taken_by")
