"""Check that what a stage left is whole and agrees with itself and with the stages it was made from."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.checks import CHECKS, Problems, check_table, no_rows
from dataset.errors import UserError
from dataset.manifest import read_manifest
from dataset.stages import Stage, Table, find


def verify(path: Path) -> list[str]:
    """Return what is wrong at `path` (a stage's directory, a folder of stages, a Parquet file), a line each.

    Every page of every shard is read and its checksum compared; every photo is decoded and hashed.

    Raises:
        UserError: nothing is there that a stage wrote.
    """
    if path.is_file():
        return list(check_table(Table(path.name, (path,), None), no_rows))
    stages = find(path)
    problems = [problem for stage in stages for problem in CHECKS[stage.kind](stage)]
    return problems + [problem for stage in stages for problem in _check_references(stage)]


def _check_references(stage: Stage) -> Problems:
    """Yield the photos of a dataset that its crawl, if it is there, does not have."""
    crawl = stage.directory.parent / "crawl"
    if stage.kind != "dataset" or not (crawl / "images").is_dir():
        return
    if _has_other_crawls(stage.directory):
        return
    try:
        known = {sha for path in Stage("crawl", crawl).tables()[1].paths for sha in _column(path, "sha256")}
        for table in stage.tables():
            for path in table.paths:
                for sha256 in set(_column(path, "sha256")) - known:
                    yield f"{path}: photo {sha256} is not in {crawl}: build the dataset again"
    except (pa.ArrowException, OSError):
        return  # said already, of the shard


def _has_other_crawls(directory: Path) -> bool:
    """Tell whether a dataset was built from other crawls than the one beside it."""
    try:
        manifest = read_manifest(directory) or {}
    except UserError:
        return True
    crawls = manifest.get("crawls", [])
    return isinstance(crawls, list) and len(crawls) > 1


def _column(path: Path, name: str) -> list[str]:
    values: list[str] = pq.read_table(path, columns=[name])[name].to_pylist()
    return values
