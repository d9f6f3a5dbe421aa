"""Which stage a directory belongs to, and which of the files in it are declared in the register."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import UserError
from store.manifest import NAME as MANIFEST
from store.place import INDEX, MAP
from store.register.kinds import DATASET_SHARDS, FileKind, StageName, kinds

_SHARDS = (f"{DATASET_SHARDS}/train-*.parquet", "train-*.parquet")
"""Where a dataset's shards lie, now and in 0.1."""

_TABLES = (
    *("builds/*.parquet", "scores/*/*.parquet", "contests/*/pairs.parquet"),
    *(f"{INDEX}/*.arrow", f"{MAP}/*.arrow"),
)
"""Where the tables of a pipeline as a whole lie."""


@dataclass(frozen=True)
class Table:
    """A folder's Parquet files of one kind, with the columns that they should have at least.

    Args:
        columns: None where nothing is known of them.
        pattern: their path from the stage's directory.
    """

    name: str
    paths: tuple[Path, ...]
    columns: pa.Schema | None
    pattern: str


@dataclass(frozen=True)
class Stage:
    """One stage's directory."""

    name: StageName
    directory: Path

    def files(self) -> Iterator[tuple[FileKind, Path]]:
        """Yield the files that are there and declared, but for locks and temporary ones, with their kinds."""
        for kind in kinds(self.name):
            yield from ((kind, path) for path in self.paths(kind))

    def paths(self, kind: FileKind) -> tuple[Path, ...]:
        """Return the files of one kind, sorted by name; those of an older layout come first."""
        older = _visible(self.directory, kind.older) if kind.older else ()
        return older + _visible(self.directory, kind.name)

    def table(self, name: str) -> Table:
        """Return the table of this name, files unchecked.

        Raises:
            KeyError: the stage has no such table.
        """
        return {table.name: table for table in self.tables()}[name]

    def tables(self) -> list[Table]:
        """Return the stage's tables, files unchecked; those without a file too."""
        found = (kind for kind in kinds(self.name) if kind.format == "parquet")
        return [Table(kind.table, self.paths(kind), kind.columns, kind.name) for kind in found]


def _visible(directory: Path, pattern: str) -> tuple[Path, ...]:
    """Return what `pattern` matches, sorted by name; links that lead nowhere too, for they are damage."""
    if "*" not in pattern:  # glob would leave out such a link
        path = directory / pattern
        return (path,) if os.path.lexists(path) else ()
    return tuple(sorted(path for path in directory.glob(pattern) if not path.name.startswith(".")))


def find(path: Path) -> list[Stage]:
    """Return the stages at or below `path`: a stage's directory, data/<pipeline>, or data.

    Raises:
        UserError: there is nothing, or nothing that a stage wrote.
    """
    if not path.exists():
        raise UserError(f"{path} is not there. Name a stage's directory, such as data/demo/dataset")
    stages = list(below(path))
    if not stages:
        raise UserError(f"{path} holds nothing that a stage wrote. Name data, data/demo or data/demo/dataset")
    return stages


def below(path: Path) -> Iterator[Stage]:
    """Yield the stages at or below `path`, if there are any; a pipeline comes before its stages."""
    return _below(path, 3)


def _below(path: Path, depth: int) -> Iterator[Stage]:
    tables = path.name in ("pages", "images") and any(path.glob("[!.]*.parquet"))
    shards = path.name == DATASET_SHARDS and any(path.glob("train-*.parquet"))
    if tables or shards or (path.name == "archive" and any(path.glob("[!.]*.warc.gz"))):
        path = path.parent
    name = _stage_of(path)
    if name:
        yield Stage(name, path)
    if depth and name in (None, "pipeline") and path.is_dir():
        for child in sorted(path.iterdir()):
            if child.is_dir() and not child.name.startswith("."):
                yield from _below(child, depth - 1)


def _stage_of(path: Path) -> StageName | None:
    """Return the stage that wrote `path`, by files that no other stage has: a copy may have any name."""
    if path.name in ("crawl", "dataset") and _visible(path, MANIFEST):
        return "crawl" if path.name == "crawl" else "dataset"  # whatever is lost of it
    tables = [path / name for name in ("pages", "images") if (path / name).is_dir()]
    if tables and (path.name == "crawl" or any(table.paths for table in Stage("crawl", path).tables())):
        return "crawl"
    if any(_visible(path, name) for name in ("canaries.parquet", "history.parquet", "sides.parquet")):
        return "crawl"  # before the first page was fetched, or beside a dataset of other pipelines' crawls
    if _visible(path, "vocabulary.json") or any(_visible(path, pattern) for pattern in _SHARDS):
        return None if _visible(path, "config.json") else "dataset"  # with a config.json it is a run's model
    if _visible(path, "settings.yaml") or (path.parent.name == "runs" and any(Stage("run", path).files())):
        return "run"
    if any(_visible(path, name) for name in ("forgotten.json", "exports.json", "runs.json", *_TABLES)):
        return "pipeline"
    return "features" if _is_feature_cache(path) else None


def _is_feature_cache(path: Path) -> bool:
    """Tell it by the first shard's columns, or by its place where that shard is damaged."""
    shard = next((shard for _, shard in Stage("features", path).files() if shard.suffix == ".parquet"), None)
    if shard is None:  # its shards are lost, or none was written yet
        lists = _visible(path, MANIFEST) or _visible(path, "settings.json")
        return path.parent.name == "features" and bool(lists)
    try:
        return "vector" in pq.read_schema(shard).names
    except (pa.ArrowException, OSError):
        return path.parent.name == "features"
