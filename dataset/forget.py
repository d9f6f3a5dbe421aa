"""What `bokeru forget` does in a dataset: it is published again without what is forgotten."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dataset import read
from dataset.build.catalogue import create
from dataset.build.publish import Origin, complete
from dataset.build.stage import WORK, connect
from dataset.builds import left_out
from dataset.describe.statistics import DatasetCounts
from dataset.text.subwords import model_of
from dataset.without import Part, link, photo_parts, without_bytes, write_captions, write_photos
from store.forget import anything
from store.forget.content import Content
from store.forget.forgotten import ForgottenFilter
from store.manifest import Entry, fingerprint, listed
from store.place import INDEX, MAP
from store.progress import Progress
from store.register import arrow_file
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS
from store.register.listed import list_files
from store.register.stages import Stage
from store.replacing.directory import locked, remove, replacement
from store.schema import LEFT_OUT_CAPTIONS, PHOTOS, decoder_of
from store.shard_reader import sql_rows
from store.shards import read_schema

KEPT_INPUTS = ("photos", "forbidden_words", "opt_outs", "filters", "forgotten")
"""What a manifest says of a dataset's inputs that still holds: the crawl has changed, too. The forget list is
that of the build, which is not made again here."""
TABLES = (DATASET_SHARDS, DATASET_CAPTIONS)
"""The folders of the tables that are written without what is forgotten."""


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
    """Publish the dataset again without `content`; return how many of its tables' files that wrote.

    Files that hold none of it are linked, not written. Vocabulary, figures and card are made anew. Where
    nothing is left, the dataset is deleted.

    Raises:
        UserError: another process is writing the dataset.
    """
    with locked(stage.directory):
        parts = photo_parts(stage.directory, content) if _shards(stage) else {}
        every = [part for of_split in parts.values() for part in of_split]
        holding = [part for part in every if part.groups]
        if holding and not any(part.rows for part in every):
            remove(stage.directory)
            _remove_index(stage.directory)
            return 1
        # What goes with the shards is made anew below; else it is rewritten with the rest.
        again = (*read.SPLITS, DATASET_CAPTIONS) if holding else read.SPLITS
        changed = anything.forget(stage, content, [stage.table(name).pattern for name in again])
        list_files(stage)
        if holding:
            told = f"forget {stage.directory}: {len(holding)} of {len(every)} shards of photos hold it"
            print(f"{told}, and are written again", file=sys.stderr, flush=True)
            changed += _publish(stage.directory, parts, content)
            _remove_index(stage.directory)
    return changed


def _remove_index(directory: Path) -> None:
    """Delete what the web app made of the dataset as it was, perhaps while this one was written."""
    for folder in (INDEX, MAP):
        for path in directory.with_name(folder).glob(f"[!.]*{arrow_file.SUFFIX}"):
            path.unlink(missing_ok=True)


def _publish(directory: Path, parts: dict[str, list[Part]], content: Content) -> int:
    """Put a dataset without `content` in the place of the old one; return how many tables it wrote."""
    origin, figures = _origin(directory, content), read.statistics(directory)
    with replacement(directory) as new:
        (new / WORK).mkdir()
        links = write_photos(parts, new, content) | write_captions(directory, new, content)
        written = sum(path not in links for name in TABLES for path in (new / name).iterdir())
        links |= _link_the_rest(directory, new)
        with connect(new) as connection:
            _load_left_out(connection, figures)
            counts = DatasetCounts(connection)
            with Progress(
                "forget: figures", sum(p.rows for ps in parts.values() for p in ps), "photos"
            ) as done:
                for split in read.SPLITS:
                    for photos in without_bytes(new, split):
                        counts.add(photos.append_column("split", pa.repeat(split, len(photos))))
                        done.advance(len(photos))
            complete(connection, counts, new, origin, _known(directory, new, links))
        shutil.rmtree(new / WORK)
    return written


def _link_the_rest(directory: Path, new: Path) -> dict[Path, Path]:
    """Link what stays as it is: captions left out, and the tokenizer's model, by which tokens were cut."""
    found = [*(directory / left_out.FOLDER).glob("*.parquet"), *filter(None, [model_of(directory)])]
    links = {new / path.relative_to(directory): path for path in found}
    for path, old in links.items():
        path.parent.mkdir(exist_ok=True)
        link(old, path)
    return links


def _known(directory: Path, new: Path, links: dict[Path, Path]) -> dict[str, Entry]:
    """Return what the manifest lists of files that are linked: they need not be read for the new one."""
    before = listed(directory, read.manifest(directory))
    entries = {path: before.get(old.relative_to(directory).as_posix()) for path, old in links.items()}
    return {
        name: replace(entry, name=name)
        for path, entry in entries.items()
        if entry and entry.bytes == path.stat().st_size
        for name in [path.relative_to(new).as_posix()]
    }


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
        {name: value for name, value in manifest.get("inputs", {}).items() if name in KEPT_INPUTS},
    )


def _load_left_out(connection: duckdb.DuckDBPyConnection, figures: dict[str, Any]) -> None:
    """Make `left_out_by`, which `publish` reads: what each filter left out when the dataset was built."""
    left_out = [[name, count] for name, count in figures.get("filters", {}).items() if count]
    create(connection, "left_out_by")
    if left_out:  # executemany refuses an empty list
        connection.executemany("INSERT INTO left_out_by VALUES (?, ?)", left_out)
