"""What `bokeru verify` checks in a dataset: its manifest, rows and splits, and its crawls."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataset import read
from dataset.build.stage import connect
from dataset.checks.captions import CaptionCheck
from dataset.checks.crawled import check_crawled
from dataset.checks.figures import Recount, check_croissant
from dataset.checks.measured import check_measured
from dataset.checks.scored import check_scored
from dataset.checks.sides import SideCheck
from dataset.checks.slim import check_slim
from dataset.read import SPLITS
from dataset.text.subwords import MODEL, cutter, model_of
from dataset.text.vocabulary import Vocabulary
from store.errors import DamagedFile, UserError
from store.manifest import NAME as MANIFEST
from store.manifest import listed, read_manifest
from store.photo.near.kept import KeptLooks
from store.place import Place
from store.progress import Progress
from store.register.photos import PhotoRow, check_photos
from store.register.stages import Stage
from store.register.verify import (
    Problem,
    Problems,
    check_by,
    check_files,
    check_manifest,
    check_table,
    rows_of,
)
from store.schema import decoder_of
from store.shard_reader import Shard

log = logging.getLogger(__name__)

VOCABULARY = "vocabulary.json"


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a dataset; every photo is hashed and decoded."""
    if older := read.older_layout(stage.directory):
        log.warning(older)
    yield from check_files(stage, closer=(MANIFEST, VOCABULARY, MODEL))
    yield from check_by(Vocabulary.load, stage.directory / VOCABULARY)
    if model := model_of(stage.directory):
        yield from check_by(lambda path: cutter(path, ""), model)
    yield from check_manifest(stage)
    yield from check_unlisted(stage)
    yield from check_table(stage.table("captions"), lambda path, rows: iter(()))
    yield from _check_rows(stage)


def check_unlisted(stage: Stage) -> Problems:
    """Yield the shards of photos that the manifest does not list: a dataset appears as a whole."""
    directory = stage.directory
    try:
        manifest = read_manifest(directory)
        files = {} if manifest is None else listed(directory, manifest)
    except DamagedFile:  # `check_manifest` has reported it
        return
    if manifest is None:
        yield Problem(f"{directory / MANIFEST} is missing: the dataset was not completed")
        return
    for path in (path for table in stage.tables() for path in table.paths):
        if path.relative_to(directory).as_posix() not in files:
            yield Problem(f"{path} is not in the manifest: build the dataset again")


def _check_rows(stage: Stage) -> Problems:
    """Yield what is wrong with the photos and their captions, where splits overlap, and with figures."""
    manifest = _manifest(stage.directory)
    captions, sides = CaptionCheck(manifest, model_of(stage.directory)), SideCheck(stage.directory, manifest)
    photos = rows_of(map(stage.table, SPLITS))
    with (
        Progress(f"verify {stage.directory}", photos, "photos") as progress,
        tempfile.TemporaryDirectory() as work,
        connect(Path(work), photos=photos) as connection,
    ):
        recount = Recount(connection)

        def check_rows(path: Path, rows: pa.Table, split: str) -> Iterator[Problem | PhotoRow]:
            recount.add(split, rows)
            for row in rows.to_pylist():
                yield from sides.check(path, split, row)
                yield PhotoRow(path, row, row["image"]["bytes"], decoder_of(rows.schema))
                yield from captions.check(path, row)
            progress.advance(rows.num_rows)

        def check_splits() -> Iterator[Problem | PhotoRow]:
            for split in SPLITS:
                if not stage.table(split).paths:
                    yield Problem(f"{stage.directory} has no {split} shard")
                yield from check_table(stage.table(split), partial(check_rows, split=split))

        yield from check_photos(check_splits(), progress.total or 0)
        yield from sides.check_all()
        yield from recount.check(stage.directory, manifest)
        shards = [path for split in SPLITS for path in stage.table(split).paths]
        yield from check_slim(connection, stage.directory, shards, stage.table("captions").paths)
    yield from check_table(stage.table("left_out"), lambda *_: iter(()))
    yield from check_croissant(stage.directory, _sums(manifest))


def _manifest(directory: Path) -> Mapping[str, Any]:
    try:
        return read_manifest(directory) or {}
    except (DamagedFile, OSError):  # said where it is read first
        return {}


def _sums(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the sha256 of the shards, as the manifest has them."""
    try:
        files = {str(file["name"]): str(file["sha256"]) for file in manifest.get("files", [])}
    except (KeyError, TypeError):
        return {}
    return {name: sha256 for name, sha256 in files.items() if Path(name).name.startswith(SPLITS)}


def check_inputs(stage: Stage, *, everything: bool = False) -> Problems:
    """Yield what the dataset's crawls, if they are all there, do not have, or have otherwise."""
    crawls = _crawls(stage.directory)
    shards = [path for split in SPLITS for path in stage.table(split).paths]
    manifest, place = _manifest(stage.directory), Place.of(stage.directory)
    yield from check_crawled(shards, crawls, manifest)
    yield from check_scored(shards, place.scores, manifest)
    with suppress(DamagedFile, pa.ArrowException, OSError):  # `check` has reported it
        seed = str(manifest.get("fingerprint"))
        yield from check_measured(shards, KeptLooks(place.photos), seed, everything=everything)
    if not all((crawl / "images").is_dir() for crawl in crawls):
        return
    images = [path for crawl in crawls for path in Stage("crawl", crawl).table("images").paths]
    try:
        crawled = {sha256 for path in images for sha256 in _column(path, "sha256")}
        for table in map(stage.table, SPLITS):
            for path in table.paths:
                for sha256 in set(_column(path, "sha256")) - crawled:
                    places = ", ".join(map(str, crawls))
                    text = f"{path}: photo {sha256} is not in {places}: build the dataset again"
                    yield Problem(text, damaged=False)
    except (pa.ArrowException, OSError):
        return  # `check` has reported the damaged shard


def _crawls(dataset: Path) -> list[Path]:
    """Return the crawls that a dataset was built from: in its own data folder, or where they were."""
    try:
        recorded = (read_manifest(dataset) or {}).get("crawls")
    except (UserError, OSError):  # `check` has reported it
        recorded = None
    paths = (
        [Path(crawl) for crawl in recorded] if isinstance(recorded, list) else [dataset.with_name("crawl")]
    )
    data = Place.of(dataset).data
    beside = [data / path.parent.name / path.name for path in paths]
    return [here if here.is_dir() else path for here, path in zip(beside, paths, strict=True)]


def _column(path: Path, name: str) -> list[str]:
    values: list[str] = Shard(path).read([name])[name].to_pylist()
    return values
