"""Write a dataset's directory from what was kept: shards, vocabulary, figures, card, Croissant, manifest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from dataset.card import card
from dataset.charts import charts
from dataset.croissant import croissant
from dataset.errors import UserError
from dataset.manifest import write_manifest
from dataset.statistics import statistics
from dataset.vocabulary import Vocabulary
from dataset.whole_file import write_json, write_whole
from dataset.write import ImageSource, write_photos


@dataclass(frozen=True)
class Origin:
    """Where a dataset comes from: `tokens` is the tokeniser's identity, `counts` how many texts it cut."""

    name: str
    fingerprint: str
    settings: dict[str, Any]
    crawls: list[str]
    sources: list[dict[str, str]]
    tokens: str
    counts: dict[str, int]


def publish(
    connection: duckdb.DuckDBPyConnection,
    shards: Sequence[Path],
    image: ImageSource,
    directory: Path,
    origin: Origin,
) -> None:
    """Write the dataset of `kept_photo`, `kept_caption`, `taken_by` into `directory`, the manifest last."""
    _drop(connection, write_photos(connection, shards, image, directory), origin.name)
    vocabulary = _vocabulary(connection, origin.settings)
    vocabulary.save(directory / "vocabulary.json")
    figures = statistics(connection, vocabulary)
    write_json(directory / "statistics.json", figures)
    write_whole(directory / "statistics.svg", charts(figures))
    files = [_file(path) for path in sorted(directory.glob("*.parquet"))]
    write_json(directory / "croissant.json", croissant(origin.name, files, origin.sources))
    write_whole(directory / "README.md", card(origin.name, figures, origin.settings, origin.sources))
    write_manifest(
        directory,
        "dataset",
        origin.fingerprint,
        pipeline=origin.name,
        settings=origin.settings,
        tokenizer=origin.settings["tokenizer"],
        tokens=origin.tokens,
        texts=origin.counts,
        crawls=origin.crawls,
        sources=origin.sources,
        files=files,
    )


def _drop(connection: duckdb.DuckDBPyConnection, empty: list[int], name: str) -> None:
    """Take photos without bytes, though their rows say that they were fetched, out of what is counted."""
    if not empty:
        return
    listed = f"(SELECT unnest({empty}::BIGINT[]))"
    query = f"SELECT count(*) FROM kept_caption WHERE n IN {listed}"
    [(captions,)] = connection.execute(query).fetchall()
    connection.execute(f"INSERT INTO taken_by VALUES ('no_photo', {captions})")
    connection.execute(f"DELETE FROM kept_photo WHERE n IN {listed}")
    if not connection.execute("SELECT n FROM kept_photo LIMIT 1").fetchall():
        raise UserError(f"No photo of {name} has bytes. Crawl again: bokeru crawl --pipeline {name}")


def _vocabulary(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any]) -> Vocabulary:
    """Return the vocabulary of train; make the table `token` (split, token, count)."""
    connection.execute("""
        CREATE TABLE token AS
        SELECT split, token, count(*) AS count FROM (
            SELECT split, unnest(tokens) AS token
            FROM kept_caption JOIN (SELECT n, split FROM kept_photo) USING (n))
        GROUP BY split, token""")
    counts = connection.execute("SELECT token, count FROM token WHERE split = 'train'").fetchall()
    return Vocabulary.from_counts(dict(counts), settings["min_count"], settings["max_size"])


def _file(path: Path) -> dict[str, object]:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    rows = pq.read_metadata(path).num_rows
    return {"name": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": digest}
