"""Build the dataset: from crawls' tables to one row per photo, its captions filtered, tokenised and split."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from dataset import crawl_tables, filters, read, texts
from dataset.errors import DamagedFile
from dataset.forgotten import Forgotten
from dataset.importers.tables import read_sources
from dataset.manifest import file_list, fingerprint, is_fresh
from dataset.options import DatasetOptions
from dataset.publish import Origin, publish
from dataset.select import judge, keep, load_candidates
from dataset.split import assign
from dataset.swap import locked, replacement
from dataset.write import crawl_image

VERSION = 2
"""Counts up when the same inputs and settings would give another dataset."""

MEMORY = "700MB"
"""What DuckDB may hold before it goes on in files beside the new dataset."""


def build(options: DatasetOptions, crawls: Sequence[Path], directory: Path, *, name: str) -> bool:
    """Build the dataset `directory` from `crawls`; return False where it is up to date.

    The new dataset takes the old one's place when it is complete; until then, and after a failure or a
    kill, the old one stands. What the old one tokenised is not tokenised again, and its photos keep their
    side of the split.

    Args:
        crawls: directories that hold `pages` and `images`.
        name: the pipeline's name, for the card.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard of a crawl is cut short or has a wrong schema.
        UserError: no photo with a caption is left, a file that the settings name cannot be read, or another
            process builds the same dataset.
    """
    with locked(directory):
        pages, images = crawl_tables.crawl_shards(crawls)
        forgotten = {one for crawl in (directory, *crawls) for one in Forgotten.load(crawl.parent).digests()}
        words, outs = filters.forbidden_words(options.forbidden_words), filters.opt_outs(options.opt_outs)
        sources = [source for crawl in crawls for source in read_sources(crawl)]
        tokens = texts.identity(options.tokenizer)
        settings = options.model_dump(mode="json")
        shards = [file_list(pages), file_list(images)]
        mark = fingerprint(VERSION, name, settings, shards, sorted(forgotten), words, outs, sources, tokens)
        if directory.exists() and is_fresh(directory, mark):
            return False
        with replacement(directory) as new:
            with connect(new) as connection:
                try:
                    crawl_tables.load(connection, pages, images)
                except duckdb.Error as error:
                    raise _damaged(error, crawls) from error
                assign(connection, options, directory)
                load_candidates(connection, options, forgotten, outs)
                counts = _prepare(connection, options, directory, tokens)
                judge(connection, options, words)
                keep(connection, name)
                origin = Origin(
                    name, mark, settings, [str(crawl) for crawl in crawls], sources, tokens, counts
                )
                publish(connection, images, crawl_image, new, origin)
            for leftover in new.glob("work.duckdb*"):
                leftover.unlink()
    return True


def connect(directory: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB whose tables lie in `directory`, so that they may be larger than memory."""
    connection = duckdb.connect(directory / "work.duckdb")
    connection.execute(f"SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false")
    return connection


def _prepare(
    connection: duckdb.DuckDBPyConnection, options: DatasetOptions, previous: Path, tokens: str
) -> dict[str, int]:
    """Make the table `prepared` (text, text_nfkc, tokens) of every text that passed so far.

    Returns:
        How many texts were tokenised, and how many were taken over from the dataset `previous`.
    """
    connection.execute("CREATE TABLE wanted AS SELECT DISTINCT text FROM candidate WHERE taken_by IS NULL")
    connection.from_arrow(texts.PREPARED.empty_table()).create("prepared")
    if read.is_complete(previous) and read.manifest(previous).get("tokens") == tokens:
        old = ", ".join(crawl_tables.literal(str(path)) for path in read.shards(previous))
        connection.execute(f"""
            INSERT INTO prepared SELECT text, any_value(text_nfkc), any_value(tokens)
            FROM (SELECT unnest(captions, max_depth := 2) FROM read_parquet([{old}]))
            SEMI JOIN wanted USING (text) GROUP BY text""")
    connection.execute("CREATE TABLE fresh AS SELECT text FROM wanted ANTI JOIN prepared USING (text)")
    [(reused, fresh)] = connection.execute(
        "SELECT (SELECT count(*) FROM prepared), (SELECT count(*) FROM fresh)"
    ).fetchall()
    with connection.cursor() as reader:
        batches = reader.sql("SELECT text FROM fresh").to_arrow_reader(texts.BATCH)
        for table in texts.prepare_all(batches, fresh, options.tokenizer, options.max_characters):
            connection.from_arrow(table).insert_into("prepared")
    return {"tokenised": fresh, "reused": reused}


def _damaged(error: duckdb.Error, crawls: Sequence[Path]) -> DamagedFile:
    """Return what to tell of a shard that has a footer but cannot be read behind it."""
    return DamagedFile(
        crawls[0], str(error).splitlines()[0], f"Find the file with: bokeru verify {crawls[0]}"
    )
