"""The files that a stage's manifest lists: which they are, whether they are there, and how they may change.

A kill must never look like damage. So a file that is to be written again, or to go, leaves the list first
(`unlist`), and comes back to it once it is whole (`list_files`). In between, it is a whole file that the
manifest does not know: a new one. What another file replaces
needs no order: see `verify.check_manifest`.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.errors import DamagedFile
from store.manifest import Entry, is_of_0_1, listed, read_manifest, relist, write_manifest
from store.processes.cores import cores
from store.register.kinds import FileKind
from store.register.stages import Stage
from store.replacing.files import all_replaced


def entries(stage: Stage, known: Mapping[str, Entry] | None = None) -> list[Entry]:
    """Return an entry for every file of a stage that a manifest lists; each is read to its end.

    Args:
        known: files that need not be read, by name.
    """
    known = known or {}
    found = [(kind, path) for kind, path in stage.files() if kind.in_manifest and path.is_file()]
    new = [(kind, path) for kind, path in found if _name(stage, path) not in known]
    with ThreadPoolExecutor(cores()) as pool:  # hashlib lets go of Python's lock
        read = pool.map(lambda one: _entry(stage, *one), new)
        return [*(known[name] for _, path in found if (name := _name(stage, path)) in known), *read]


def _name(stage: Stage, path: Path) -> str:
    return path.relative_to(stage.directory).as_posix()


def _entry(stage: Stage, kind: FileKind, path: Path) -> Entry:
    return Entry.of(path, _name(stage, path), _rows(kind, path), may_grow=kind.may_grow)


def _rows(kind: FileKind, path: Path) -> int | None:
    if kind.format != "parquet":
        return None
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None  # it is damaged, as whoever reads it will say


def list_files(stage: Stage) -> None:
    """Add to the manifest the files that it does not list yet, and take out those that others replace.

    A crawl or a cache without a manifest gets one. A dataset or a run without one is not complete: it gets
    its own when it is.
    """
    try:
        manifest = read_manifest(stage.directory)
        before = {} if manifest is None else listed(stage.directory, manifest)
    except DamagedFile:  # nothing can be said of what was there; `verify` has said so until now
        manifest, before = None, {}
    replaced = replaced_names(stage)
    kept = {name: entry for name, entry in before.items() if name not in replaced}
    there = {entry.name: entry for entry in entries(stage, before) if entry.name not in replaced}
    after = kept | there
    if manifest is not None and not is_of_0_1(manifest):
        if after != before:
            relist(stage.directory, manifest, after.values())
    elif stage.name in ("crawl", "features") and after:
        made_from = None if stage.name == "crawl" else stage.directory.name
        write_manifest(stage.directory, stage.name, made_from, after.values())


def unlist(stage: Stage, paths: Iterable[Path]) -> None:
    """Take files out of the manifest, because they are about to be written again, or to go."""
    try:
        manifest = read_manifest(stage.directory)
        before = {} if manifest is None else listed(stage.directory, manifest)
    except DamagedFile:
        return
    gone = {_name(stage, path) for path in paths}
    if manifest is not None and gone & before.keys():
        relist(stage.directory, manifest, (entry for name, entry in before.items() if name not in gone))


@contextmanager
def changing(stage: Stage, paths: Iterable[Path]) -> Iterator[None]:
    """While the block writes these files again or deletes them, the manifest does not list them."""
    unlist(stage, paths)
    yield
    list_files(stage)


def replaced_names(stage: Stage) -> set[str]:
    """Return the names of the files of a crawl that others, which are there, replace."""
    if stage.name != "crawl":
        return set()
    folders = {path.parent for kind, path in stage.files() if "/" in kind.name}
    return {_name(stage, path) for folder in folders for path in all_replaced(folder.glob("[!.]*"))}
