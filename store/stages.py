"""Which stage a directory is of, and the tables in it: crawl, dataset, features, run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store import schema
from store.errors import UserError
from store.manifest import NAME as MANIFEST

KINDS = ("crawl", "dataset", "features", "run")


@dataclass(frozen=True)
class Table:
    """A folder's Parquet files of one kind, with the schema that they should have at least."""

    name: str
    paths: tuple[Path, ...]
    schema: pa.Schema | None


@dataclass(frozen=True)
class Stage:
    """One stage's directory; `kind` is one of KINDS."""

    kind: str
    directory: Path

    def tables(self) -> list[Table]:
        """Return the stage's tables, files unchecked."""
        if self.kind == "crawl":
            found = [("pages", "pages/*.parquet", _required(schema.PAGES))]
            found.append(("images", "images/*.parquet", schema.IMAGES))
        elif self.kind == "dataset":
            found = [(split, f"{split}-*.parquet", _required(schema.PHOTOS)) for split in ("train", "dev")]
        else:
            found = [("features", "*.parquet", None)] if self.kind == "features" else []
        return [Table(name, _files(self.directory, pattern), columns) for name, pattern, columns in found]


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
    """Yield the stages at or below `path`, if there are any."""
    return _find(path, 3)


def _find(path: Path, depth: int) -> Iterator[Stage]:
    if path.name in ("pages", "images") and _files(path, "*.parquet"):
        path = path.parent
    kind = _kind(path)
    if kind:
        yield Stage(kind, path)
    elif depth and path.is_dir():
        for child in sorted(path.iterdir()):
            if child.is_dir() and not child.name.startswith("."):
                yield from _find(child, depth - 1)


def _kind(path: Path) -> str | None:
    tables = [path / name for name in ("pages", "images") if (path / name).is_dir()]
    if tables and (path.name == "crawl" or any(_files(table, "*.parquet") for table in tables)):
        return "crawl"
    if (path / "vocabulary.json").exists() or _files(path, "train-*.parquet"):
        return "dataset" if not (path / "config.json").exists() else None
    if (path / "settings.yaml").exists():
        return "run"
    for shard in _files(path, "*.parquet"):
        try:
            return "features" if "vector" in pq.read_schema(shard).names else None
        except (pa.ArrowException, OSError):
            return "features" if path.parent.name == "features" else None
    return "dataset" if (path / MANIFEST).exists() and path.name == "dataset" else None


def _files(directory: Path, pattern: str) -> tuple[Path, ...]:
    return tuple(sorted(path for path in directory.glob(pattern) if not path.name.startswith(".")))


def _required(columns: pa.Schema) -> pa.Schema:
    return pa.schema([field for field in columns if field.name not in schema.OPTIONAL])
