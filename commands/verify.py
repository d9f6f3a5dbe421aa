"""`bokeru verify`: every file of every stage is read and checked, and what is wrong is listed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from store.answers.answer import give, is_due
from store.errors import DamagedFile, UserError
from store.logs import printable
from store.place import Place, bokeru
from store.register.kinds import StageName
from store.register.stages import Stage, Table, find
from store.register.verify import Problem

if TYPE_CHECKING:
    from store.register.verify import StageVerify


PHOTO, CAPTION = 0.35e-3, 0.06e-3
"""Seconds that a photo, and a caption, takes beside its bytes, about: on two cores."""
DECODED, READ = 40e6, 400e6
"""Bytes of photos, and of other files, that are read and checked in a second, about."""
PHOTOS, CAPTIONS = ("images", "train", "dev"), ("captions",)
"""Tables with photos, and with captions."""


Closeness = Literal["quick", "usual", "everything"]


@dataclass(frozen=True)
class Verified:
    """What is wrong at a path.

    Args:
        path: a stage's directory, a folder of stages, one Parquet or WARC file.
        closeness: quick compared names, sizes and numbers of rows with the manifests and read no content;
            usual read every file; everything computed every vector again, too.
        status: the exit status: 0 where there are notices alone, 5 for damage, 1 for contradictions.
        problems: what was found.
    """

    path: Path
    closeness: Closeness
    status: int
    problems: list[Problem]


def report(path: Path, closeness: Closeness = "usual") -> None:
    """Print what is wrong at `path`, as `verify` says; exit 5 for damage, 1 for contradictions."""
    if closeness == "quick":
        problems = verify_quickly(path)
    else:
        print(_estimate(path), file=sys.stderr, flush=True)
        problems = verify(path, everything=closeness == "everything")
    found = Verified(path, closeness, exit_status(problems), problems)
    if is_due():
        give(found, Verified)
    else:
        _show(found)
    if found.status:
        sys.exit(found.status)


def _show(found: Verified) -> None:
    if found.problems:
        print("\n".join(printable(str(problem)) for problem in found.problems))
    if found.closeness != "quick":
        return None if found.status else print(f"{found.path}: whole")
    if not found.status:
        print(f"{found.path}: as the manifests list it, by names, sizes and numbers of rows")
        count, size = _size(found.path)
        told = f"Not read: the content of {count:,} files, {size / 1e9:.2f} GB"
        print(f"{told}, and whether they fit one another. That says: {bokeru('verify', found.path)}")


def _size(path: Path) -> tuple[int, int]:
    """Return how many files of stages there are at `path`, and their bytes."""
    files = [path] if path.is_file() else [file for stage in find(path) for _, file in stage.files()]
    sizes = [file.stat().st_size for file in files if file.is_file()]
    return len(sizes), sum(sizes)


def _estimate(path: Path) -> str:
    """Return how long it will take, by the rows and bytes that are there."""
    count, size = _size(path)
    stages = [] if path.is_file() else find(path)
    tables = [table for stage in stages for table in stage.tables()]
    photos, captions = _of(tables, PHOTOS), _of(tables, CAPTIONS)
    seconds = photos.rows * PHOTO + captions.rows * CAPTION
    seconds += photos.bytes / DECODED + (size - photos.bytes) / READ
    left = timedelta(seconds=1 + round(seconds))
    told = f"{count:,} files, {size / 1e9:.2f} GB, {photos.rows:,} photos, {captions.rows:,} captions"
    return f"verify {path}: {told}: about {left}"


class _Amount(NamedTuple):
    """What tables hold."""

    rows: int
    bytes: int


def _of(tables: "list[Table]", names: tuple[str, ...]) -> _Amount:
    """Return what the tables of these names hold."""
    from store.register.verify import rows_of

    chosen = [table for table in tables if table.name in names]
    sizes = (path.stat().st_size for table in chosen for path in table.paths if path.is_file())
    return _Amount(rows_of(chosen), sum(sizes))


def exit_status(problems: list[Problem]) -> int:
    """Return the status that `bokeru verify` ends with: 0 where there are notices alone."""
    if all(problem.is_notice for problem in problems):
        return 0
    damaged = any(problem.damaged for problem in problems)
    return DamagedFile.exit_status if damaged else UserError.exit_status


def verify(path: Path, *, everything: bool = False) -> list[Problem]:
    """Return what is wrong at `path`: a stage's directory, a folder of stages, one Parquet or WARC file.

    Every page of every shard is read and its checksum compared; every photo is decoded and hashed.

    Args:
        everything: compute every vector again, not a sample of each cache.

    Raises:
        UserError: nothing is there that a stage wrote.
    """
    from store.register.verify import check_table

    if path.is_file():
        if path.name.endswith(".warc.gz"):
            return list(_check_archive(path))
        if path.suffix != ".parquet":
            raise UserError(f"{path} is not a Parquet file. Name one, or a stage's directory")
        return list(check_table(Table(path.name, (path,), None, path.name), lambda path, rows: iter(())))
    stages, verifiers = find(path), stage_verifiers()
    problems = [problem for stage in stages for problem in _check(stage, verifiers)]
    inputs = [stage for stage in stages if stage.name in verifiers]
    for stage in inputs:
        problems += verifiers[stage.name].check_inputs(stage, everything=everything)
    return problems


def verify_quickly(path: Path) -> list[Problem]:
    """Return what is wrong at `path` as far as manifests, sizes and the ends of Parquet files tell.

    Raises:
        UserError: nothing is there that a stage wrote, or it is one file, which no manifest lists.
    """
    if path.is_file():
        raise UserError(f"{path} is one file, of which no manifest tells. Leave out --quick")
    return [problem for stage in find(path) for problem in _readable(stage, _check_quickly(stage))]


def _check_quickly(stage: Stage) -> Iterator[Problem]:
    from dataset.verify import check_unlisted
    from store.register.quick import check_quickly

    if stage.name == "pipeline":
        yield from _check_pipeline(stage, quick=True)
        return
    yield from check_quickly(stage)
    if stage.name == "dataset":
        yield from check_unlisted(stage)


def _check_archive(path: Path) -> Iterator[Problem]:
    from store.register.verify import Problem
    from store.warc.read import DamagedArchive, check

    try:
        check(path)
    except DamagedArchive as error:
        yield Problem(f"{path} is damaged: {error}")


def _check(stage: Stage, verifiers: "dict[StageName, StageVerify]") -> Iterator[Problem]:
    found = _check_pipeline(stage) if stage.name == "pipeline" else verifiers[stage.name].check(stage)
    yield from _readable(stage, found)


def _readable(stage: Stage, found: Iterator[Problem]) -> Iterator[Problem]:
    """Yield the problems of a stage, and which file the system refuses."""
    try:
        yield from found
    except OSError as error:  # the system refuses a file, say: other stages are checked all the same
        yield Problem(f"{error.filename or stage.directory} cannot be read: {error.strerror or error}")


def stage_verifiers() -> "dict[StageName, StageVerify]":
    """Return what each stage does for `bokeru verify`."""
    from crawler import verify as crawl
    from dataset import verify as dataset
    from featurize import verify as features
    from train import verify as run

    return {"crawl": crawl, "dataset": dataset, "features": features, "run": run}


def _check_pipeline(stage: Stage, *, quick: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with the lists of a pipeline, and with the rows of its builds.

    Args:
        quick: rows are not read.
    """
    from dataset.export.record import read_exports
    from judging import verify as contests
    from store.forget.forgotten import NAME, Forgotten
    from store.forget.receipt import FOLDER, Receipt
    from store.forget.unfinished import Unfinished
    from store.register.quick import check_footers
    from store.register.verify import check_by, check_file, check_table
    from train.runs.names import Names

    for name in ("builds", "scores", "photos"):
        table = stage.table(name)
        yield from check_footers(table) if quick else check_table(table, lambda *_: iter(()))
    for kind, file in stage.files():
        if kind.format == "arrow" and not quick:
            yield from check_file(kind, file)
    for read in (Forgotten.load, read_exports, Unfinished.load, Names.load):
        yield from check_by(read, stage.directory)
    if not quick:
        yield from contests.check(stage.directory)
    receipts = sorted((stage.directory / FOLDER).glob("[!.]*.json"))
    for path in receipts:
        yield from check_by(Receipt.load, path)
    if receipts and not (stage.directory / NAME).exists():
        yield Problem(f"{stage.directory / NAME} is missing, though there is a receipt: {receipts[0]}")
    place = Place(stage.directory.parent, stage.directory.name)
    if place.unfinished_forget.exists():
        text = f"{place.unfinished_forget}: a forget has not ended. Finish it: {place.command('forget')}"
        yield Problem(text, damaged=False)
