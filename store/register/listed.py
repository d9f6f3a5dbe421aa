"""The files that a stage's manifest lists: which they are, whether they are there, and how they may change.

A kill must never look like damage. So a file that is to be written again, or to go, leaves the list first
(`unlist`), and comes back to it once it is whole (`list_files`). In between, it is a whole file that the
manifest does not know: a new one. What another file replaces
needs no order: see `verify.check_manifest`.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import DamagedFile
from store.manifest import NAME as MANIFEST
from store.manifest import Entry, is_as_written, is_of_0_1, listed, read_manifest, relist, write_manifest
from store.processes.cores import cores
from store.register.kinds import FileKind
from store.register.stages import Stage
from store.replacing.files import all_replaced


def entries(stage: Stage, known: Mapping[str, Entry] | None = None) -> list[Entry]:
    """Return an entry for every file of a stage that a manifest lists; each is read to its end.

    Args:
        known: of files that were read already, by name.
    """
    known = known or {}
    return [*known.values(), *_entries(stage, lambda name: name not in known)]


def _entries(stage: Stage, is_wanted: Callable[[str], bool]) -> list[Entry]:
    declared = ((kind, path) for kind, path in stage.files() if kind.in_manifest)
    found = [(kind, path) for kind, path in declared if is_wanted(_name(stage, path))]
    with ThreadPoolExecutor(cores()) as pool:  # hashlib lets go of Python's lock
        return [entry for entry in pool.map(lambda one: _entry(stage, *one), found) if entry]


def _name(stage: Stage, path: Path) -> str:
    return path.relative_to(stage.directory).as_posix()


def _entry(stage: Stage, kind: FileKind, path: Path) -> Entry | None:
    if not path.is_file():  # a link that leads nowhere, or gone meanwhile
        return None
    return Entry.of(path, _name(stage, path), _rows(kind, path), may_grow=kind.may_grow)


def _rows(kind: FileKind, path: Path) -> int | None:
    if kind.format != "parquet":
        return None
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None  # it is damaged, as whoever reads it will say


def list_files(stage: Stage, paths: Collection[Path] | None = None) -> None:
    """Add to the manifest the files that it does not list yet, and take out those that others replace.

    A crawl or a cache without a manifest gets one. A dataset or a run without one is not complete: it gets
    its own when it is.

    Args:
        paths: only these files are added.
    """
    try:
        manifest = read_manifest(stage.directory)
        before = {} if manifest is None else listed(stage.directory, manifest)
    except DamagedFile:  # nothing can be said of what was there; `verify` has said so until now
        manifest, before = None, {}
    replaced = replaced_names(stage) if paths is None else set()  # it reads the end of every file
    kept = {name: entry for name, entry in before.items() if name not in replaced}
    left = before.keys() | replaced
    chosen = None if paths is None else {_name(stage, path) for path in paths}
    new = _entries(stage, lambda name: name not in left and (chosen is None or name in chosen))
    after = kept | {entry.name: entry for entry in new}
    if stage.name in ("crawl", "features"):
        if manifest is None or after != before or not is_as_written(manifest):
            made_from = None if stage.name == "crawl" else stage.directory.name
            write_manifest(stage.directory, stage.name, made_from, after.values())
    elif manifest is not None and not is_of_0_1(manifest) and after != before:
        relist(stage.directory, manifest, after.values(), keeps_time=stage.name == "run")


def begin_list(stage: Stage) -> None:
    """Give a crawl or a cache a manifest, if it has none, before it gets shards that say so (`marked`)."""
    if not (stage.directory / MANIFEST).exists():
        list_files(stage)


def missing(stage: Stage) -> list[Path]:
    """Return the files that the manifest lists, that are not there, and that no other one replaces."""
    names = [name for name in _listed(stage) if not os.path.lexists(stage.directory / name)]
    replaced = replaced_names(stage) if names else set()
    return [stage.directory / name for name in names if name not in replaced]


def _listed(stage: Stage) -> dict[str, Entry]:
    """Return what the manifest lists; nothing where it cannot be read."""
    try:
        manifest = read_manifest(stage.directory)
        return {} if manifest is None else listed(stage.directory, manifest)
    except DamagedFile:
        return {}


def damaged_files(stage: Stage) -> list[str]:
    """Return the names of the files that are there and not as the manifest lists them; each is read."""
    there = [e for e in _listed(stage).values() if os.path.lexists(stage.directory / e.name)]
    return [entry.name for entry in there if entry.problem(stage.directory)]


def unlist(stage: Stage, paths: Iterable[Path]) -> None:
    """Take files out of the manifest, because they are about to be written again, or to go."""
    try:
        manifest = read_manifest(stage.directory)
        before = {} if manifest is None else listed(stage.directory, manifest)
    except DamagedFile:
        return
    gone = {_name(stage, path) for path in paths}
    if manifest is not None and gone & before.keys():
        kept = (entry for name, entry in before.items() if name not in gone)
        relist(stage.directory, manifest, kept, keeps_time=stage.name == "run")


def take_out(stage: Stage, paths: Iterable[Path]) -> None:
    """Delete files that a stage makes again, and take them out of the manifest first."""
    paths = list(paths)
    unlist(stage, paths)
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@contextmanager
def changing(stage: Stage, paths: Iterable[Path]) -> Iterator[None]:
    """While the block writes these files again or deletes them, the manifest does not list them."""
    paths = list(paths)
    unlist(stage, paths)
    yield
    list_files(stage, paths)


def replaced_names(stage: Stage) -> set[str]:
    """Return the names of the files of a crawl that others, which are there, replace."""
    if stage.name != "crawl":
        return set()
    folders = {path.parent for kind, path in stage.files() if "/" in kind.name}
    return {_name(stage, path) for folder in folders for path in all_replaced(folder.glob("[!.]*"))}
