"""What `bokeru forget` does in a dataset: it is published again without what is forgotten."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset import read
from dataset.build.blocks import assemble
from dataset.build.catalogue import create
from dataset.build.photos_table import dataset_image
from dataset.build.publish import Origin, publish
from dataset.build.stage import WORK, connect
from dataset.builds import left_out
from dataset.text.subwords import MODEL, model_of
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.manifest import fingerprint
from store.register.kinds import DATASET_CAPTIONS
from store.register.listed import list_files
from store.register.stages import Stage
from store.replacing.directory import locked, remove, replacement
from store.schema import CAPTION, LEFT_OUT_CAPTIONS, PHOTOS, decoder_of
from store.shard_reader import sql_rows
from store.shards import read_schema

PHOTOS_AT_A_TIME = 1_000


def facts(stage: Stage) -> Iterator[str]:
    """Yield SQL that selects which captions each photo has."""
    if shards := _shards(stage):
        yield f"""SELECT NULL, sha256, c.odai_id, c.boke_id, c.text, c.text_nfkc
            FROM (SELECT sha256, unnest(captions) AS c FROM {sql_rows(shards, PHOTOS)})"""
    if gone := stage.table("left_out").paths:
        yield f"SELECT NULL, sha256, odai_id, boke_id, text, NULL FROM {sql_rows(gone, LEFT_OUT_CAPTIONS)}"


def hashes(stage: Stage) -> Iterator[str]:
    """Yield SQL that selects each photo's perceptual hash, and the group that it shares with near copies."""
    if shards := _shards(stage):
        yield f'SELECT sha256, phash, "group" FROM {sql_rows(shards, PHOTOS)}'


def images(stage: Stage) -> Iterator[str]:
    """Yield SQL that selects the photos of whose bytes metadata were cut out."""
    if shards := _shards(stage):
        yield f"SELECT sha256, image_sha256 FROM {sql_rows(shards, PHOTOS)} WHERE image_sha256 <> sha256"


def _shards(stage: Stage) -> list[Path]:
    """Return the shards, also where 0.1 left them, unchecked."""
    folder = read.shards_folder(stage.directory)
    return [path for split in read.SPLITS for path in sorted(folder.glob(f"{split}-*-of-*.parquet"))]


def forget(stage: Stage, content: Content, forgotten: ForgottenFilter) -> int:
    """Publish the dataset again without `content`; return how many shards that wrote, and other tables.

    Vocabulary, figures and card are made anew with them. Where nothing is left, the dataset is deleted.

    Raises:
        UserError: another process is writing the dataset.
    """
    with locked(stage.directory):
        shards = read.shards(stage.directory) if _shards(stage) else []
        included = content.includes(read.captions(stage.directory)) if shards else []
        if included and all(included):
            remove(stage.directory)
            return 1
        # What goes with the shards is made anew below; else it is rewritten with the rest.
        again = (*read.SPLITS, DATASET_CAPTIONS) if any(included) else read.SPLITS
        changed = anything.forget(stage, content, [stage.table(name).pattern for name in again])
        list_files(stage)
        if not any(included):
            return changed
        _publish(stage.directory, shards, content)
    return changed + len(shards)


def _publish(directory: Path, shards: list[Path], content: Content) -> None:
    origin, figures = _origin(directory, content), read.statistics(directory)
    with replacement(directory) as new:
        (new / WORK).mkdir()
        with connect(new) as connection:
            _load(connection, shards, content)
            _load_left_out(connection, figures)
            finish = partial(_copy_the_rest, directory, new)
            publish(connection, _blocks(connection), shards, dataset_image, new, origin, finish)
        shutil.rmtree(new / WORK)


def _copy_the_rest(directory: Path, new: Path) -> None:
    """Copy what stays as it is: captions left out, and the tokenizer's model, by which tokens were cut."""
    left_out.copy(directory, new)
    if model := model_of(directory):
        shutil.copyfile(model, new / MODEL)


def _origin(directory: Path, content: Content) -> Origin:
    """Return the dataset's origin with another fingerprint: to `bokeru dataset` it is not up to date."""
    manifest = read.manifest(directory)
    without = fingerprint(manifest["fingerprint"], sorted(content.sha256s), sorted(content.odai_ids))
    return Origin(
        manifest["pipeline"],
        fingerprint(without, sorted(content.boke_ids), sorted(content.unnumbered)),
        manifest["settings"],
        manifest["crawls"],
        manifest["sources"],
        manifest["tokens"],
        manifest["texts"],
        decoder_of(read_schema(read.shards(directory)[0])),
    )


def _load(connection: duckdb.DuckDBPyConnection, shards: list[Path], content: Content) -> None:
    """Make `photo_row` and `kept_caption` of a dataset's own shards, without `content`."""
    forgotten = {
        "sha256": pa.array(content.sha256s, pa.string()),
        "odai_id": pa.array(content.odai_ids, pa.int64()),
        "boke_id": pa.array(content.boke_ids, pa.int64()),
        "unnumbered": pa.array(content.unnumbered, pa.string()),
    }
    for name, values in forgotten.items():
        connection.from_arrow(pa.table({name: values})).create(f"forgotten_{name}")
    files = pa.table({"filename": [str(path) for path in shards], "shard": range(len(shards))})
    connection.from_arrow(files).create("file")
    photo = ", ".join(f'"{name}"' for name in PHOTOS.names if name not in ("image", "captions", "odai_ids"))
    caption = ", ".join(f'c."{field.name}" AS "{field.name}"' for field in CAPTION)
    connection.execute(f"""
        CREATE VIEW source AS
        SELECT * FROM {sql_rows(shards, PHOTOS, places=True)}
        JOIN file USING (filename)
        WHERE sha256 NOT IN (FROM forgotten_sha256);
        CREATE TABLE remaining AS
        SELECT sha256, place, {caption} FROM (
            SELECT sha256, unnest(captions) AS c, generate_subscripts(captions, 1) AS place FROM source)
        WHERE NOT coalesce(
            c.odai_id IN (FROM forgotten_odai_id) OR c.boke_id IN (FROM forgotten_boke_id)
            OR c.boke_id IS NULL AND sha256 || chr(10) || c.text IN (FROM forgotten_unnumbered), false);
        CREATE TABLE photo_row AS
        SELECT row_number() OVER (ORDER BY shard, file_row_number) - 1 AS n, shard, file_row_number AS row,
            split_part(parse_filename(filename), '-', 1) AS split, {photo},
            list_filter(odai_ids, lambda o: NOT list_contains({sorted(content.odai_ids)}::BIGINT[], o))
                AS odai_ids
        FROM source SEMI JOIN remaining USING (sha256);
        CREATE TABLE kept_caption AS SELECT n, remaining.* EXCLUDE (sha256) FROM remaining
        JOIN (SELECT n, sha256 FROM photo_row) USING (sha256);
    """)


def _blocks(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
    """Yield `photo_row` with the captions in `kept_caption`, some photos at a time."""
    [(total,)] = connection.execute("SELECT count(*) FROM photo_row").fetchall()
    for first in range(0, total, PHOTOS_AT_A_TIME):
        block = f"WHERE n BETWEEN {first} AND {first + PHOTOS_AT_A_TIME - 1} ORDER BY n"
        photos = connection.sql(f"SELECT * FROM photo_row {block}").to_arrow_table()
        captions = connection.sql(f"SELECT * FROM kept_caption {block}, place").to_arrow_table()
        yield assemble(photos, captions)


def _load_left_out(connection: duckdb.DuckDBPyConnection, figures: dict[str, Any]) -> None:
    """Make `left_out_by`, which `publish` reads: what each filter left out when the dataset was built."""
    left_out = [[name, count] for name, count in figures.get("filters", {}).items() if count]
    create(connection, "left_out_by")
    if left_out:  # executemany refuses an empty list
        connection.executemany("INSERT INTO left_out_by VALUES (?, ?)", left_out)
