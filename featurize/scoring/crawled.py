"""What there is to score: the photos and captions of crawls that a dataset could take."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from dataset import filters
from dataset.build import crawl_tables
from dataset.build.publish import Origin
from dataset.build.stage import connect
from dataset.build.steps import STEPS, Inputs
from dataset.damage import explained
from dataset.options import DatasetOptions
from featurize.scoring.rows import Item
from store.forget.forgotten import Forgotten
from store.photo.keys import check_contents
from store.place import Place
from store.processes.room import Room
from store.shard_reader import Shard, unreadable
from store.shards import count_rows

NEVER = ("forgotten", "opt_outs", "no_photo", "unusable_photo")
"""Captions that these filters leave out are in no dataset, whatever its settings: they are not scored."""
_ROWS = 4096


class Crawled:
    """The photos and captions of some crawls."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, images: Sequence[Path]) -> None:
        self._connection, self._images = connection, images

    def captions(self, known: pa.Table) -> tuple[int, Iterator[Item]]:
        """Return how many captions have no row yet, and these.

        Args:
            known: sha256 and text of those that have one.
        """
        rows = """SELECT DISTINCT ON (sha256, text) sha256, boke_id, odai_id, text FROM scorable
            ANTI JOIN known USING (sha256, text) ORDER BY sha256, text, boke_id"""
        table = self._without(known, rows)
        items = (Item(**row) for batch in table.to_batches(_ROWS) for row in batch.to_pylist())
        return len(table), items

    def photos(self, known: pa.Table) -> tuple[int, Iterator[Item]]:
        """Return how many photos have no row yet, and these, a row group in memory at a time.

        Args:
            known: sha256 of those that have one.
        """
        rows = """SELECT DISTINCT sha256, shard, "row" FROM scorable ANTI JOIN known USING (sha256)
            ORDER BY shard, "row" """
        table = self._without(known, rows)
        return len(table), self._with_bytes(table)

    def _without(self, known: pa.Table, rows: str) -> pa.Table:
        self._connection.register("known", known)
        return self._connection.sql(rows).to_arrow_table()

    def _with_bytes(self, photos: pa.Table) -> Iterator[Item]:
        shards, rows = (photos[name].to_numpy() for name in ("shard", "row"))
        for number in sorted(set(shards.tolist())):
            path = self._images[number]
            try:
                yield from _read(path, set(rows[shards == number].tolist()))
            except (pa.ArrowException, OSError) as error:
                raise unreadable(path, error) from error


def _read(path: Path, rows: set[int]) -> Iterator[Item]:
    start = 0
    with Shard(path) as shard:
        for group in range(shard.num_row_groups):
            end = start + shard.metadata.row_group(group).num_rows
            chosen = [row - start for row in range(start, end) if row in rows]
            start = end
            if chosen:
                table = shard.read_row_group(group, columns=["sha256", "bytes"]).take(chosen)
                check_contents(path, table["sha256"], table["bytes"])
                for sha256, image in zip(table["sha256"], table["bytes"], strict=True):
                    yield Item(sha256.as_py(), image.as_py() or b"")


@contextmanager
def crawled(crawls: Sequence[Path], options: DatasetOptions, work: Path, place: Place) -> Iterator[Crawled]:
    """Yield what the crawls hold that can be scored: forgotten, denied and damaged content is not.

    Args:
        options: the dataset's, for its opt-outs alone.
        work: a folder for what does not fit into memory.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard of one cannot be read.
    """
    pages, images = crawl_tables.crawl_shards(crawls)
    forgotten = {
        one
        for folder in (place.directory, *(crawl.parent for crawl in crawls))
        for one in Forgotten.load(folder).digests()
    }
    nowhere, origin = Path(os.devnull), Origin("", "", {}, [], [], "", {})
    outs = filters.opt_outs(options.opt_outs)
    inputs = Inputs(pages, images, DatasetOptions(), forgotten, (), outs, nowhere, nowhere, origin)
    with connect(work, Room(work, options, "score", place), count_rows(images)) as connection:
        with explained([*pages, *images]):
            _load(connection, inputs)
        yield Crawled(connection, images)


def _load(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    for step in STEPS:
        if step.name == "groups and split":  # it takes long, and scores do not depend on it
            connection.execute(
                "CREATE TABLE side AS SELECT photo_id, NULL AS \"group\", 'train' AS split FROM photo"
            )
            continue
        step(connection, inputs)
        if step.name == "filters by fact":
            break
    never = ", ".join(f"'{name}'" for name in NEVER)
    connection.execute(f"""CREATE TABLE scorable AS
        SELECT sha256, shard, "row", boke_id, candidate.odai_id, candidate.text
        FROM candidate JOIN photo USING (photo_id)
        WHERE (filter_name IS NULL OR filter_name NOT IN ({never})) AND candidate.text <> ''""")
