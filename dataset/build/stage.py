"""The dataset stage: from crawls' tables to a row per photo, with captions filtered and tokenised."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from dataset import filters, outside, read
from dataset.build import crawl_tables, sides
from dataset.build.publish import Origin
from dataset.build.stand_ins import stand_ins
from dataset.build.steps import STEPS, Inputs
from dataset.builds import record
from dataset.builds.compare import compared
from dataset.builds.diff import Changes
from dataset.damage import explain, explained
from dataset.options import DatasetOptions
from dataset.scores import tables as scores
from dataset.text import tokenizer_process
from store.forget.forgotten import Forgotten
from store.manifest import file_list, fingerprint, is_fresh
from store.photo.near.kept import KeptLooks
from store.photo.options import Limits
from store.place import Place
from store.processes.room import Room
from store.register.sources import read_sources
from store.replacing.directory import locked, replacement
from store.schema import DECODER
from store.shards import count_rows
from store.sql import literal
from store.stand_ins import StandInRule

VERSION = 11
"""Counts up when the same inputs and settings would give another dataset; part of its fingerprint."""

WORK = ".work"
"""The folder, within the new dataset, of what is needed only while it is built."""

MEMORY = 700 * 10**6
"""The bytes that DuckDB may use before it goes on in files in WORK."""
MEMORY_OF_A_PHOTO = 1_000
"""So many more for each photo. What is looked up by photo DuckDB keeps whole while it goes through captions,
and cannot put into files: a million photos with eleven million captions did not fit into MEMORY alone."""


def build(
    options: DatasetOptions,
    crawls: Sequence[Path],
    directory: Path,
    *,
    name: str,
    stand_in_rule: StandInRule = StandInRule(),  # noqa: B008
    told: Callable[[Changes | None], object] = lambda _: None,
    dry_run: bool = False,
    force: bool = False,
) -> bool:
    """Build the dataset `directory` from `crawls`; return False if it is up to date.

    The new dataset replaces the old one when it is complete; until then, and after a failure or a kill, the
    old one stays. Texts that the old one tokenised are not tokenised again, and photos keep their split.

    Args:
        crawls: directories with `pages` and `images`.
        name: the pipeline's name, for the card.
        stand_in_rule: which pictures stand for photos that are not there; these are left out.
        told: is called just before the old dataset is replaced, with what differs from it; None if there is
            no old one.
        dry_run: stop there, and leave the old one.
        force: build it though it is up to date.

    Raises:
        MissingStage: a crawl is not there.
        DamagedFile: a shard of a crawl is cut short or has a wrong schema.
        TooLittleRoom: the disk has less free than `min_free_gb` says; the old dataset stays.
        UserError: no photo with a caption is left, a file that the settings name cannot be read, or another
            process builds the same dataset.
    """
    with locked(directory):
        pages, images = crawl_tables.crawl_shards(crawls)
        forgotten = forgotten_of(directory, crawls)
        words, outs = filters.forbidden_words(options.forbidden_words), filters.opt_outs(options.opt_outs)
        sources = [source for crawl in crawls for source in read_sources(crawl)]
        tokens = tokenizer_process.tokenizer_version(options.tokenizer)
        with explained(images):
            no_photos = stand_ins(crawls, stand_in_rule)
        settings = options.of_result()
        place = Place.of(directory)
        shards, score_versions = [file_list(pages), file_list(images)], scores.versions(place.scores)
        build_fingerprint = fingerprint(
            *(VERSION, name, settings, shards, sorted(forgotten), words, outs, sources, tokens),
            *([no_photos] if no_photos else []),  # without any, the dataset is the one of before
            *([outside.versions(options.filters)] if options.filters else []),
            *([score_versions] if score_versions else []),
            *(DECODER, Limits.options.model_dump()),
        )
        is_up_to_date = is_fresh(directory, build_fingerprint) and not read.older_layout(directory)
        if is_up_to_date and not force:
            return False
        origin = Origin(
            name,
            build_fingerprint,
            settings,
            [str(crawl) for crawl in crawls],
            sources,
            tokens,
            {},
            inputs={
                "version": VERSION,
                "pages": crawl_tables.by_crawl(pages, crawls),
                "images": crawl_tables.by_crawl(images, crawls),
                "scores": score_versions,
                "photos": Limits.options.model_dump(mode="json"),
                "filters": outside.versions(options.filters),
                "forgotten": fingerprint(sorted(forgotten)),
                **named_files(words, outs),
            },
        )
        room = Room(directory, options, "dataset", place)
        with record.pending(directory, build_fingerprint) as rows:
            with replacement(directory, swap=not dry_run) as new:
                inputs = Inputs(
                    *(pages, images, options, forgotten, words, outs),
                    *(directory, new, origin, no_photos, KeptLooks(place.photos), room),
                    rows=rows,
                    scores=scores.paths(place.scores),
                )
                told(_run(inputs, room, rows))
            if not dry_run:
                sides.record(directory, options)
                record.keep(directory, build_fingerprint, rows)
    return True


def forgotten_of(directory: Path, crawls: Sequence[Path]) -> set[str]:
    """Return the digests of all forget lists that hold for a dataset of these crawls.

    With `dataset.also`, other pipelines' crawls are built in; the lists of all of them hold.

    Raises:
        DamagedFile: one is no forget list.
    """
    return {one for stage in (directory, *crawls) for one in Forgotten.load(stage.parent).digests()}


def named_files(words: Sequence[str], outs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return what tells the content of files that settings name, by setting, as the manifest keeps it.

    Args:
        words, outs: as `filters.forbidden_words` and `filters.opt_outs` read them.
    """
    return {"forbidden_words": fingerprint(words), "opt_outs": fingerprint(outs)}


def _run(inputs: Inputs, room: Room, rows: Path) -> Changes | None:
    """Run every step, and return what differs in the new build, by its rows, from the one it replaces."""
    room.check()
    (inputs.new / WORK).mkdir()
    with connect(inputs.new, room, count_rows(inputs.images)) as connection:
        try:
            for step in STEPS:
                step(connection, inputs)
            changes = compared(connection, inputs.previous, inputs.origin.fingerprint, rows)
        except duckdb.Error as error:
            if "max_temp_directory_size" in str(error):
                raise room.too_little() from error
            explained = explain(error, [*inputs.pages, *inputs.images, *inputs.scores])
            if explained is error and inputs.options.filters:
                explained = outside.blamed(inputs.options.filters, error)
            raise explained from error
    shutil.rmtree(inputs.new / WORK)
    return changes


def connect(directory: Path, room: Room | None = None, photos: int = 0) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection that goes on in files in `directory` once its tables outgrow MEMORY.

    Args:
        room: what these files must leave free.
        photos: how many there are, about; each may take MEMORY_OF_A_PHOTO more.
    """
    connection = duckdb.connect()
    connection.execute(f"""
        SET temp_directory = {literal(str(directory / WORK))};
        SET memory_limit = '{MEMORY + photos * MEMORY_OF_A_PHOTO}B';
        SET preserve_insertion_order = false""")
    if room:
        connection.execute(f"SET max_temp_directory_size = '{max(room.bytes_left(), 0)}B'")
    return connection
