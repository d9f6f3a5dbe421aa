"""`bokeru verify`: every file of every stage is read and checked, and what is wrong is listed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import DamagedFile, UserError
from store.logs import printable
from store.place import Place
from store.register.kinds import StageName
from store.register.stages import Stage, Table, find

if TYPE_CHECKING:
    from store.register.verify import Problem, StageVerify


def report(path: Path, *, everything: bool = False) -> None:
    """Print what is wrong at `path`, as `verify` says; exit 5 for damage, 1 for contradictions."""
    problems = verify(path, everything=everything)
    if problems:
        print("\n".join(printable(str(problem)) for problem in problems))
    if status := exit_status(problems):
        sys.exit(status)
    print(f"{path}: whole")


def report_on_everything(path: Path) -> None:
    """Print what is wrong at `path`, with every vector computed again."""
    report(path, everything=True)


def exit_status(problems: "list[Problem]") -> int:
    """Return the status that `bokeru verify` ends with: 0 where there are notices alone."""
    if all(problem.is_notice for problem in problems):
        return 0
    damaged = any(problem.damaged for problem in problems)
    return DamagedFile.exit_status if damaged else UserError.exit_status


def verify(path: Path, *, everything: bool = False) -> "list[Problem]":
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


def _check_archive(path: Path) -> "Iterator[Problem]":
    from store.register.verify import Problem
    from store.warc.read import DamagedArchive, check

    try:
        check(path)
    except DamagedArchive as error:
        yield Problem(f"{path} is damaged: {error}")


def _check(stage: Stage, verifiers: "dict[StageName, StageVerify]") -> "Iterator[Problem]":
    from store.register.verify import Problem

    try:
        yield from _check_pipeline(stage) if stage.name == "pipeline" else verifiers[stage.name].check(stage)
    except OSError as error:  # the system refuses a file, say: other stages are checked all the same
        yield Problem(f"{error.filename or stage.directory} cannot be read: {error.strerror or error}")


def stage_verifiers() -> "dict[StageName, StageVerify]":
    """Return what each stage does for `bokeru verify`."""
    from crawler import verify as crawl
    from dataset import verify as dataset
    from featurize import verify as features
    from train import verify as run

    return {"crawl": crawl, "dataset": dataset, "features": features, "run": run}


def _check_pipeline(stage: Stage) -> "Iterator[Problem]":
    """Yield what is wrong with the lists of a pipeline, and with the rows of its builds."""
    from dataset.export.record import read_exports
    from store.forget.forgotten import NAME, Forgotten
    from store.forget.receipt import FOLDER, Receipt
    from store.forget.unfinished import Unfinished
    from store.register.verify import Problem, check_by, check_file, check_table

    for name in ("builds", "scores", "photos"):
        yield from check_table(stage.table(name), lambda *_: iter(()))
    for kind, file in stage.files():
        if kind.format == "arrow":
            yield from check_file(kind, file)
    for read in (Forgotten.load, read_exports, Unfinished.load):
        yield from check_by(read, stage.directory)
    receipts = sorted((stage.directory / FOLDER).glob("[!.]*.json"))
    for path in receipts:
        yield from check_by(Receipt.load, path)
    if receipts and not (stage.directory / NAME).exists():
        yield Problem(f"{stage.directory / NAME} is missing, though there is a receipt: {receipts[0]}")
    place = Place(stage.directory.parent, stage.directory.name)
    if place.unfinished_forget.exists():
        text = f"{place.unfinished_forget}: a forget has not ended. Finish it: {place.command('forget')}"
        yield Problem(text, damaged=False)
