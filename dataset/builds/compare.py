"""Compares a new build with the one that it replaces, and any two of those that are kept."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from dataset.builds import record
from dataset.builds.diff import Changes, changes
from dataset.builds.record import Build
from store.errors import DamagedFile, MissingStage, UsageError
from store.place import Place
from store.shard_reader import Shard

_REMEDY = "Delete it: it only tells what an earlier build held"


def compared(
    connection: duckdb.DuckDBPyConnection, old: Path, fingerprint: str, rows: Path
) -> Changes | None:
    """Return what differs in a new build from the one that it replaces, if there is one.

    Args:
        old: the dataset that is replaced. If the rows of its build are not kept, they are read from it: then
            nothing tells what it had left out.
        fingerprint: the new one's.
        rows: the new one's rows.
    """
    before = record.last(old)
    if before is None:
        return None
    path = record.path_of(old, before)
    if not path.exists():
        path = rows.with_name(f"{rows.name}-before")
        record.write(old, path)
    return _changes(connection, (before, path), (fingerprint, rows))


def diff(dataset: Path, names: Sequence[str] = ()) -> Changes | None:
    """Return what differs between two builds that are kept, by default the last two; None if there is one.

    Args:
        dataset: the dataset that was built.
        names: how the fingerprints of the earlier and the later one begin.

    Raises:
        MissingStage: no build is kept.
        UsageError: no build has that name, or several do.
        DamagedFile: the rows of one cannot be read.
    """
    kept = record.builds(dataset)
    if not kept:
        place = Place.of(dataset)
        raise MissingStage(place.directory / record.FOLDER, place.command("dataset"))
    if not names and len(kept) == 1:
        return None
    old, new = (_named(kept, name) for name in names) if names else kept[-2:]
    with duckdb.connect() as connection:
        return _changes(connection, (old.fingerprint, old.path), (new.fingerprint, new.path))


def _named(kept: list[Build], name: str) -> Build:
    found = [build for build in kept if build.fingerprint.startswith(name)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{build.fingerprint} of {build.built[:16]}" for build in kept) or "none"
    raise UsageError(f"{len(found)} builds begin with {name!r}. Kept are: {listed}")


def _changes(connection: duckdb.DuckDBPyConnection, old: tuple[str, Path], new: tuple[str, Path]) -> Changes:
    try:
        return changes(connection, old, new)
    except duckdb.Error:
        for _, path in (old, new):
            try:
                Shard(path).read()
            except (pa.ArrowException, OSError) as damage:
                raise DamagedFile(path, str(damage).splitlines()[0].rstrip("."), _REMEDY) from damage
        raise
