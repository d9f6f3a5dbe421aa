"""Whose vectors are whose: caches lie side by side, and pipelines share them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.errors import DamagedFile
from store.manifest import read_manifest
from store.place import Place


def caches_of_runs(place: Place) -> list[Path]:
    """Return the caches that runs learned from."""
    names = {str(manifest_of(run).get("features") or "") for run in place.runs.glob("*") if run.is_dir()}
    return [place.features / name for name in sorted(names - {""}) if (place.features / name).is_dir()]


Versions = tuple[tuple[Path, int, int], ...]
"""Files, each with its time and size: they tell one version of it from the next."""


def _versions(paths: Iterable[Path]) -> Versions:
    """Return files as they are now; those that are gone are left out."""
    statuses = ((path, path.stat()) for path in paths if path.exists())
    return tuple((path, status.st_mtime_ns, status.st_size) for path, status in statuses)


@lru_cache(100)
def _without_row(photos: Versions, vectors: Versions) -> int:
    """Return how many photos of the dataset have no row among the vectors."""
    try:
        wanted, there = (
            pa.chunked_array(
                [pq.read_table(path, columns=["sha256"])["sha256"].combine_chunks() for path, *_ in files],
                pa.string(),
            )
            for files in (photos, vectors)
        )
    except (pa.ArrowException, OSError):  # swapped while we look, or damaged: told of by the stage itself
        return 0
    return int(pc.sum(pc.invert(pc.is_in(wanted, there))).as_py() or 0)


def manifest_of(directory: Path) -> Mapping[str, object]:
    """Return a stage's manifest; empty where there is none that can be read."""
    try:
        return read_manifest(directory) or {}
    except (DamagedFile, OSError):
        return {}


def without(photos: Iterable[Path], vectors: Iterable[Path]) -> int:
    """Return how many photos of the dataset have no row among vectors, given the shards of both."""
    return _without_row(_versions(photos), _versions(vectors))
