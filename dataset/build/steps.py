"""The steps of a build, in their order: what each reads, makes and drops, and the function that does it.

A step reads no tables but those that it declares. A table is dropped by the step that declares so, and
nowhere else. `tests/dataset/build/test_steps.py` holds every step to this.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dataset.build import candidates, crawl_tables, sides
from dataset.build.blocks import caption_blocks
from dataset.build.catalogue import create, drop
from dataset.build.descriptions import describe_photos, load_unusable
from dataset.build.photos_table import crawl_image
from dataset.build.publish import Origin, publish
from dataset.build.reuse import load_reused
from dataset.build.split import assign
from dataset.build.stand_ins import load_stand_ins
from dataset.build.tokens.learn import learn
from dataset.builds import left_out, record
from dataset.options import DatasetOptions
from dataset.rights.of_photos import load_photos
from dataset.scores import tables as scores
from dataset.text.names import unify
from dataset.text.subwords import model_of
from dataset.text.tokenizer_process import tokenizer_version
from dataset.where.evaluate import scores_in
from store.photo.near.kept import KeptLooks
from store.place import Place
from store.processes.room import Room
from store.schema import IMAGES, PAGES


class Inputs(NamedTuple):
    """What a build is made from, beside the tables.

    Args:
        pages: the shards of the crawls' pages.
        images: those of their images.
        forgotten: the digests of the forget lists.
        words: the forbidden words.
        opt_outs: as `filters.opt_outs` returns them.
        previous: the last dataset; it may be missing.
        new: the folder that gets the new one.
        origin: what the new one's manifest tells; a step adds the counts.
        stand_ins: the sha256 of pictures that stand for photos that are not there.
        kept: what photos look like, and what today's decoder says of them; None where a check runs the steps.
        room: what the build leaves free on the disk; None where only its tables are asked for.
        rows: where the record of the build is written; None where only its tables are asked for.
        scores: the tables of scores.
    """

    pages: Sequence[Path]
    images: Sequence[Path]
    options: DatasetOptions
    forgotten: Collection[str]
    words: Sequence[str]
    opt_outs: Collection[tuple[str, str]]
    previous: Path
    new: Path
    origin: Origin
    stand_ins: Collection[str] = ()
    kept: KeptLooks | None = None
    room: Room | None = None
    rows: Path | None = None
    scores: Sequence[Path] = ()

    def check_room(self) -> None:
        """Raise TooLittleRoom where less is free than the settings say."""
        if self.room:
            self.room.check()


Work = Callable[[duckdb.DuckDBPyConnection, Inputs], object]
"""Does a step's work; what it returns is not used."""


@dataclass(frozen=True)
class Step:
    """A step of the build.

    Args:
        name: what it is called in docs/architecture.md.
        work: makes the tables.
        reads: the tables that it reads. A view counts as itself; what lies behind it need not be named.
        makes: the tables that are there when the work is done.
        drops: the tables that nobody needs after it. One that it makes and drops was needed only within it.
        changes: the tables of earlier steps that it adds rows to.
    """

    name: str
    work: Work
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def __call__(self, connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
        """Do the work, then drop what no later step needs: the memory is for what comes."""
        inputs.check_room()
        self.work(connection, inputs)
        self.drop(connection)

    def drop(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Drop the tables of `drops`."""
        for table in self.drops:
            drop(connection, table)


def _query(sql: str) -> Work:
    """Return the work of a step that is nothing but SQL."""
    return lambda connection, _: connection.execute(sql)


def _scan(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    crawl_tables.scan(connection, "page", inputs.pages, PAGES)
    crawl_tables.scan(connection, "fetched", inputs.images, IMAGES)
    crawl_tables.check_keys(connection, inputs.images)


def _visits(connection: duckdb.DuckDBPyConnection, _: Inputs) -> None:
    connection.execute(crawl_tables.VISIT)
    unify(connection, "visit", "category")
    unify(connection, "visit", "labels")


def _boke(connection: duckdb.DuckDBPyConnection, _: Inputs) -> None:
    connection.execute(crawl_tables.PAGE_BOKE)
    unify(connection, "page_boke", "category")


def _scores(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    scores.load(connection, inputs.scores)
    scores.check_names(connection, scores_in(inputs.options.where), Place.of(inputs.previous))


def _candidates(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    candidates.load_candidates(
        connection,
        inputs.options,
        any_forgotten=bool(inputs.forgotten),
        any_opt_outs=bool(inputs.opt_outs),
    )


def _assign(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    held_out = sides.held_out(connection, inputs.options.dev_odai)
    recorded = sides.joined(held_out, sides.recorded(inputs.previous, inputs.options))
    assign(connection, inputs.options, recorded, inputs.kept or KeptLooks(inputs.new))


def _count_left_out(connection: duckdb.DuckDBPyConnection, _: Inputs) -> None:
    connection.execute(candidates.LEFT_OUT_BY)
    create(connection, "left_out")


def _learn(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    learn(connection, inputs.options, inputs.words, inputs.new)


def _tokens(inputs: Inputs) -> str:
    """Return the version of the tokenizer, with that of the model that it has learned."""
    return tokenizer_version(inputs.options.tokenizer, model_of(inputs.new))


def _reuse(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    inputs.origin.counts.update(load_reused(connection, inputs.previous, _tokens(inputs)))


def _write(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    def image(shard: pq.ParquetFile, groups: list[int], to_cut: NDArray[np.bool_]) -> pa.StructArray:
        inputs.check_room()  # photos are nearly all that is written
        return crawl_image(shard, groups, to_cut)

    def finish() -> None:
        left_out.write_by_text(connection, inputs.new)
        if rows:
            rows.add_left_out(inputs.new)

    # From here on each core has a block of its own: queries that share cores would only wait for each other.
    connection.execute("SET threads = 1")
    origin = replace(inputs.origin, tokens=_tokens(inputs))
    model = model_of(inputs.new)
    with ExitStack() as stack:
        rows = stack.enter_context(record.writing(inputs.rows)) if inputs.rows else None
        made = caption_blocks(connection, inputs.options, inputs.words, model)
        blocks = stack.enter_context(closing(made))
        publish(connection, blocks, inputs.images, image, inputs.new, origin, finish, rows)


STEPS = (
    Step(
        "scan the shards",
        _scan,
        makes=("page_empty", "page_shard", "page", "fetched_empty", "fetched_shard", "fetched"),
    ),
    Step(
        "newest images",
        _query(crawl_tables.LATEST_IMAGE),
        reads=("fetched",),
        makes=("image_fetch", "latest_image"),
        drops=("fetched", "fetched_empty", "fetched_shard", "image_fetch"),
    ),
    Step(
        "descriptions by today's decoder",
        lambda connection, inputs: describe_photos(connection, inputs.images, inputs.kept),
        reads=("latest_image",),
        makes=("anew", "fact"),
    ),
    Step(
        "distinct photos",
        lambda connection, _: load_photos(connection),
        reads=("latest_image", "anew", "fact"),
        makes=("photo", "image"),
        drops=("latest_image", "fact"),
    ),
    Step(
        "photos that cannot be used",
        lambda connection, _: load_unusable(connection),
        reads=("photo", "anew"),
        makes=("unusable_photo",),
        drops=("anew",),
    ),
    Step("visits of pages", _visits, reads=("page", "image"), makes=("visit",)),
    Step("newest odai", _query(crawl_tables.ODAI), reads=("visit",), makes=("odai",)),
    Step(
        "newest boke",
        _boke,
        reads=("page", "visit"),
        makes=("page_boke", "version"),
        drops=("page", "page_empty", "page_shard", "version"),
    ),
    Step(
        "boke with their photos",
        _query(crawl_tables.BOKE),
        reads=("page_boke", "visit", "odai", "image"),
        makes=("boke",),
    ),
    Step("denied pages", _query(crawl_tables.DENIED), reads=("visit",), makes=("denied",)),
    Step(
        "groups and split",
        _assign,
        reads=("photo", "odai", "boke"),
        makes=("recorded", "near", "placed", "side"),
        drops=("recorded", "near", "placed"),
    ),
    Step(
        "forget lists and opt-outs",
        lambda connection, inputs: candidates.load_removed(connection, inputs.forgotten, inputs.opt_outs),
        makes=("opt_out", "digest"),
    ),
    Step(
        "pictures that stand for photos",
        lambda connection, inputs: load_stand_ins(connection, inputs.stand_ins),
        makes=("stand_in",),
    ),
    Step(
        "facts of photos",
        _query(candidates.PHOTO_FACTS),
        reads=("odai", "image", "photo", "digest", "opt_out", "boke", "denied"),
        makes=("photo_labels", "forgotten_photo", "denied_photo"),
    ),
    Step("scores", _scores, makes=("score",)),
    Step(
        "filters by fact",
        _candidates,
        reads=(
            *("boke", "side", "photo_labels", "denied_photo", "denied"),
            *("opt_out", "photo", "forgotten_photo", "digest", "stand_in"),
            *("unusable_photo", "score"),
        ),
        makes=("candidate", "found"),
        drops=(
            *("boke", "page_boke", "visit", "image", "denied"),
            *("opt_out", "digest", "forgotten_photo", "denied_photo", "stand_in"),
            "unusable_photo",
        ),
    ),
    Step(
        "table of what facts leave out",
        lambda connection, inputs: left_out.write_by_fact(connection, inputs.new),
        reads=("candidate", "photo", "found"),
        drops=("found",),
    ),
    Step(
        "scores of captions",
        _query(scores.OF_CAPTIONS),
        reads=("candidate", "photo", "score"),
        makes=("caption_score",),
    ),
    Step(
        "rows of photos",
        _query(candidates.PHOTO_ROW),
        reads=("candidate", "photo", "side", "photo_labels", "odai", "score"),
        makes=("with_captions", "photo_row"),
        drops=("with_captions", "photo", "side", "photo_labels", "odai", "score"),
    ),
    Step(
        "counts of what is left out",
        _count_left_out,
        reads=("candidate",),
        makes=("left_out_by", "left_out"),
    ),
    Step(
        "pieces of words",
        _learn,
        reads=("candidate",),
        makes=("learned_text",),
        drops=("learned_text",),
    ),
    Step("tokens made before", _reuse, reads=("candidate",), makes=("old", "reused"), drops=("old",)),
    Step(
        "filters by text, and files",
        _write,
        reads=("candidate", "reused", "caption_score", "photo_row", "left_out_by", "left_out"),
        makes=("ready", "kept", "measured_photo"),
        drops=(
            *("candidate", "reused", "caption_score", "photo_row", "left_out_by", "left_out"),
            *("ready", "kept", "measured_photo"),
        ),
        changes=("left_out_by", "left_out"),
    ),
)
"""Every step, in the order in which they run."""
