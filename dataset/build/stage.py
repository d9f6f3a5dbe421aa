"""Build the dataset: from crawls' tables to one row per photo, its captions filtered, tokenised and split."""

import errno
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dataset import filters, read
from dataset.build import crawl_tables
from dataset.build.blocks import judged
from dataset.build.photos_table import crawl_image
from dataset.build.publish import Origin, publish
from dataset.build.select import load_candidates, load_photo_rows
from dataset.build.split import assign
from dataset.importers.tables import read_sources
from dataset.options import DatasetOptions
from dataset.text import tokenizer_process
from dataset.text.captions import SEPARATOR
from store.errors import DamagedFile, UserError
from store.forget.forgotten import Forgotten
from store.manifest import file_list, fingerprint, is_fresh
from store.sql import literal, read_parquet
from store.swap import locked, replacement

VERSION = 4
"""Counts up when the same inputs and settings would give another dataset."""

WORK = ".work"
"""The folder in the new dataset for what is only needed while it is built."""

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
        tokens = tokenizer_process.identity(options.tokenizer)
        settings = options.model_dump(mode="json")
        shards = [file_list(pages), file_list(images)]
        mark = fingerprint(VERSION, name, settings, shards, sorted(forgotten), words, outs, sources, tokens)
        if read.is_complete(directory) and is_fresh(directory, mark):
            return False
        origin = Origin(name, mark, settings, [str(crawl) for crawl in crawls], sources, tokens, {})
        with replacement(directory) as new:
            (new / WORK).mkdir()
            with connect(new) as connection:
                try:
                    crawl_tables.load(connection, pages, images)
                    assign(connection, options, directory)
                    load_candidates(connection, options, forgotten, outs)
                    load_photo_rows(connection)
                    origin.counts.update(_reuse(connection, directory, tokens))
                    with closing(judged(connection, options, words)) as blocks:
                        publish(connection, blocks, images, crawl_image, new, origin)
                except duckdb.Error as error:
                    raise _told(error, [*pages, *images]) from error
            shutil.rmtree(new / WORK)
    return True


def connect(directory: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that goes on in files in `directory` where its tables outgrow MEMORY."""
    connection = duckdb.connect()
    connection.execute(f"""
        SET temp_directory = {literal(str(directory / WORK))};
        SET memory_limit = '{MEMORY}';
        SET preserve_insertion_order = false""")
    return connection


def _reuse(connection: duckdb.DuckDBPyConnection, previous: Path, tokens: str) -> dict[str, int]:
    """Make `reused` (id, text_nfkc, cut): what the dataset `previous` has of texts that are still candidates.

    Returns:
        How many captions are to be tokenised, and how many are taken over.
    """
    connection.execute("CREATE TABLE reused (id BIGINT, text_nfkc VARCHAR, cut VARCHAR)")
    if read.is_complete(previous) and read.manifest(previous).get("tokens") == tokens:
        # A text is told from others by its hash: should two share one, one of them is cut again.
        connection.execute(f"""
            CREATE TABLE old AS
            SELECT c.text AS text, c.text_nfkc AS text_nfkc,
                array_to_string(c.tokens, {literal(SEPARATOR)}) AS cut
            FROM (SELECT unnest(captions) AS c FROM {read_parquet(read.shards(previous))});
            DELETE FROM old WHERE rowid NOT IN (SELECT min(rowid) FROM old GROUP BY hash(text));
            INSERT INTO reused
            SELECT candidate.rowid, text_nfkc, cut FROM candidate JOIN old USING (text)
            WHERE taken_by IS NULL;
            DROP TABLE old""")
    counts = "SELECT (SELECT count(*) FROM reused), count(*) FROM candidate WHERE taken_by IS NULL"
    [(reused, total)] = connection.execute(counts).fetchall()
    return {"tokenised": total - reused, "reused": reused}


def _told(error: duckdb.Error, shards: Sequence[Path]) -> Exception:
    """Return what to tell of DuckDB's failure: a full disk, no memory, a damaged shard, or else itself."""
    reason = str(error).splitlines()[0]
    if "No space left" in reason:
        return OSError(errno.ENOSPC, f"the disk is full: {reason}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return UserError(
            f"Memory ran out: {reason}. End other programs, or free some disk for what does not fit"
        )
    for path in shards:
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as shard:
                for _ in shard.iter_batches():
                    pass
        except (pa.ArrowException, OSError) as damage:
            return DamagedFile(path, str(damage).splitlines()[0])
    return error
