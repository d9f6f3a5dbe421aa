"""Build the dataset: from crawls' tables to one row per photo, its captions filtered, tokenised and split."""

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from dataset import crawl_tables, filters
from dataset.captions import CONTROLS, EDGES, LINE_BREAKS, Tokenizer
from dataset.errors import UserError
from dataset.manifest import file_list, fingerprint, is_fresh, write_manifest
from dataset.options import DatasetOptions
from dataset.schema import CAPTION
from dataset.split import split_of
from dataset.texts import prepare
from dataset.vocabulary import Vocabulary
from dataset.whole_file import write_json
from dataset.write import write_photos

VERSION = 1
"""Counts up when the same inputs and settings would give another dataset."""


def build(options: DatasetOptions, crawls: Sequence[Path], directory: Path, *, name: str) -> bool:
    """Build the dataset `directory` from `crawls`; return False where it is up to date.

    The new dataset takes the old one's place when it is complete; until then, and after a failure or a
    kill, the old one stands.

    Args:
        crawls: directories that hold `pages` and `images`.
        name: the pipeline's name, for the card.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard of a crawl is cut short or has a wrong schema.
        UserError: no photo with a caption is left.
    """
    _recover(directory)
    pages, images = crawl_tables.crawl_shards(crawls)
    identity = fingerprint(
        VERSION, name, options.model_dump(mode="json"), file_list(pages), file_list(images)
    )
    if directory.exists() and is_fresh(directory, identity):
        return False
    building = directory.with_name(f".{directory.name}.building-{secrets.token_hex(4)}")
    building.mkdir(parents=True)
    try:
        with duckdb.connect(building / "work.duckdb") as connection:
            _fill(connection, options, pages, images)
            _write(connection, options, images, building, name)
        for leftover in building.glob("work.duckdb*"):
            leftover.unlink()
        figures = {"pipeline": name, "settings": options.model_dump(mode="json")}
        write_manifest(building, "dataset", identity, **figures)
        _swap(building, directory)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return True


def _fill(
    connection: duckdb.DuckDBPyConnection,
    options: DatasetOptions,
    pages: Sequence[Path],
    images: Sequence[Path],
) -> None:
    """Make `caption` (every boke with a photo, and the filter that took it) and what is kept of it."""
    crawl_tables.load(connection, pages, images)
    connection.execute(
        f"""CREATE TABLE candidate AS
        SELECT *, {filters.verdict(filters.by_fact(options))} AS taken_by FROM (
            SELECT boke.* EXCLUDE (text), photo_key.sha256, false AS opted_out, row_number() OVER () AS id,
                regexp_replace(regexp_replace(regexp_replace(text, ?, '\n', 'g'), ?, '', 'g'), ?, '', 'g') AS text
            FROM boke LEFT JOIN photo_key USING (key) WHERE text IS NOT NULL)""",
        [LINE_BREAKS, CONTROLS, EDGES],
    )
    rows = connection.execute(
        "SELECT DISTINCT text FROM candidate WHERE taken_by IS NULL ORDER BY text"
    ).fetchall()
    prepared = prepare((text for (text,) in rows), Tokenizer(options.tokenizer), options.max_characters)
    connection.from_arrow(prepared).create("prepared")
    limit = options.max_captions_per_photo or 2**62
    connection.execute(f"""
        CREATE TABLE judged AS
        SELECT candidate.*, text_nfkc, tokens,
            coalesce(taken_by, {filters.verdict(filters.by_text(options))}) AS reason
        FROM candidate LEFT JOIN prepared USING (text);
        CREATE TABLE caption AS
        SELECT * EXCLUDE (reason), CASE WHEN reason IS NOT NULL THEN reason
            WHEN place > {limit} THEN 'max_captions_per_photo' END AS reason
        FROM (SELECT *, row_number() OVER (
                  PARTITION BY sha256, reason ORDER BY stars DESC, boke_id, text) AS place
              FROM (SELECT * EXCLUDE (reason), CASE WHEN reason IS NULL AND row_number() OVER (
                        PARTITION BY sha256, text_nfkc, reason ORDER BY stars DESC, boke_id, text) > 1
                        THEN 'duplicate' ELSE reason END AS reason
                    FROM judged));
    """)
    _keep(connection, options)


def _keep(connection: duckdb.DuckDBPyConnection, options: DatasetOptions) -> None:
    groups = connection.execute("SELECT sha256 FROM photo").fetchall()
    rows = [(sha, sha, split_of(sha, options.split_key, options.dev_fraction)) for (sha,) in groups]
    connection.execute('CREATE TABLE split (sha256 VARCHAR, "group" VARCHAR, split VARCHAR)')
    if rows:
        connection.executemany("INSERT INTO split VALUES (?, ?, ?)", rows)
    fields = ", ".join(f"caption.{field.name}" for field in CAPTION)
    connection.execute(f"""
        CREATE TABLE kept_photo AS
        SELECT row_number() OVER (ORDER BY shard, row) - 1 AS n, split, shard, row, photo.sha256, width, height,
            phash, odai_ids, category, labels, label_confidences, "group"
        FROM photo JOIN split USING (sha256)
        JOIN (SELECT sha256, list(DISTINCT odai_id ORDER BY odai_id) AS odai_ids FROM caption
              WHERE reason IS NULL GROUP BY sha256) USING (sha256)
        LEFT JOIN (SELECT sha256, arg_max(category, odai_id) AS category, arg_max(labels, odai_id) AS labels,
                       arg_max(label_confidences, odai_id) AS label_confidences
                   FROM odai JOIN photo_key USING (key) GROUP BY sha256) USING (sha256);
        CREATE TABLE kept_caption AS SELECT n, place, {fields}
        FROM caption JOIN (SELECT n, sha256 FROM kept_photo) USING (sha256) WHERE reason IS NULL;
    """)


def _write(
    connection: duckdb.DuckDBPyConnection,
    options: DatasetOptions,
    images: Sequence[Path],
    building: Path,
    name: str,
) -> None:
    counts = connection.execute("""SELECT token, count(*) FROM (
        SELECT unnest(tokens) AS token FROM kept_caption JOIN kept_photo USING (n) WHERE split = 'train')
        GROUP BY token""").fetchall()
    if not connection.execute("SELECT n FROM kept_photo LIMIT 1").fetchall():
        raise UserError(_why_empty(connection, name))
    write_photos(connection, images, building)
    vocabulary = Vocabulary.from_counts(dict(counts), options.min_count, options.max_size)
    vocabulary.save(building / "vocabulary.json")
    write_json(building / "statistics.json", statistics(connection))
    write_json(building / "croissant.json", {})
    (building / "README.md").write_text(CARD.format(name=name))


def statistics(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Return the figures of the dataset being built."""
    splits = connection.execute("""SELECT split, count(DISTINCT n), count(*), sum(len(tokens))
        FROM kept_photo JOIN kept_caption USING (n) GROUP BY split""").fetchall()
    taken = connection.execute(
        "SELECT reason, count(*) FROM caption WHERE reason IS NOT NULL GROUP BY 1"
    ).fetchall()
    return {
        "splits": {s: {"photos": p, "captions": c, "tokens": int(t)} for s, p, c, t in splits},
        "filters": dict(taken),
    }


CARD = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: train-*.parquet
  - split: dev
    path: dev-*.parquet
---
# {name}
"""


def _why_empty(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    taken = connection.execute(
        "SELECT reason, count(*) AS n FROM caption GROUP BY 1 ORDER BY n DESC"
    ).fetchall()
    if not taken:
        return f"The crawl of {name} holds no captions: crawl more (bokeru crawl --pipeline {name})"
    reason, count = taken[0]
    total = sum(n for _, n in taken)
    return f"No caption of {name} is left: {reason!r} took {count:,} of {total:,}. Loosen it, or crawl more."


def _swap(building: Path, directory: Path) -> None:
    """Put `building` in the place of `directory`."""
    old = directory.with_name(f".{directory.name}.old")
    if directory.exists():
        directory.rename(old)
    building.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def _recover(directory: Path) -> None:
    """Finish what a killed build left: bring the old dataset back if it was being replaced, drop the rest."""
    old = directory.with_name(f".{directory.name}.old")
    if old.exists() and not directory.exists():
        old.rename(directory)
    shutil.rmtree(old, ignore_errors=True)
    for leftover in directory.parent.glob(f".{directory.name}.building-*"):
        shutil.rmtree(leftover, ignore_errors=True)
