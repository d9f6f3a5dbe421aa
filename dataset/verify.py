"""Check that what a stage left is whole and agrees with itself and with the stages it was made from."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.checks import CHECKS, Problems, check_table, no_rows
from store.errors import UserError
from store.manifest import read_manifest
from store.stages import Stage, Table, find


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
    """Yield the photos of a dataset that none of its crawls, if they are all there, has."""
    if stage.kind != "dataset":
        return
    crawls = _crawls(stage.directory)
    if not all((crawl / "images").is_dir() for crawl in crawls):
        return
    images = [path for crawl in crawls for path in Stage("crawl", crawl).tables()[1].paths]
    try:
        known = {sha256 for path in images for sha256 in _column(path, "sha256")}
        for table in stage.tables():
            for path in table.paths:
                for sha256 in set(_column(path, "sha256")) - known:
                    places = ", ".join(map(str, crawls))
                    yield f"{path}: photo {sha256} is not in {places}: build the dataset again"
    except (pa.ArrowException, OSError):
        return  # said already, of the shard


def _crawls(dataset: Path) -> list[Path]:
    """Return the crawls that a dataset was built from: in its own data folder, or where they were."""
    try:
        told = (read_manifest(dataset) or {}).get("crawls")
    except UserError:
        told = None
    paths = [Path(crawl) for crawl in told] if isinstance(told, list) else [dataset.with_name("crawl")]
    beside = [dataset.parents[1] / path.parent.name / path.name for path in paths]
    return [here if here.is_dir() else path for here, path in zip(beside, paths, strict=True)]


def _column(path: Path, name: str) -> list[str]:
    values: list[str] = pq.read_table(path, columns=[name])[name].to_pylist()
    return values
