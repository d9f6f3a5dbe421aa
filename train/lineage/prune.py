"""What a pipeline no longer needs: runs that speak for nothing, snapshots of complete ones, unused caches."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from store.errors import UserError
from store.processes.lock import is_held
from store.register.listed import take_out
from store.register.stages import Stage
from store.replacing.directory import remove
from train.lineage.choose import choose
from train.lineage.states import size_of
from train.lineage.wanted import Wanted
from train.runs.find import complete
from train.runs.identity import made_from
from train.runs.names import Names, Said

Kind = Literal["run", "snapshots", "vectors", "leftover"]


@dataclass(frozen=True)
class Removable:
    """A folder or files that may go.

    Args:
        kind: `run`, `snapshots` of a complete run, `vectors` that no pipeline and no run uses, or what a
            removal that was killed left over.
        path: the folder.
        bytes: what it takes on disk.
    """

    kind: Kind
    path: Path
    bytes: int


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be.

    Args:
        is_dry: nothing was removed.
        kept: why some that seem to belong to these stay, a sentence each.
    """

    is_dry: bool
    removed: tuple[Removable, ...]
    kept: tuple[str, ...]


def prune(wanted: Wanted, keys: Collection[str] | None, *, dry_run: bool = False) -> Pruned:
    """Remove what a pipeline no longer needs; what is being written stays.

    A run stays that is pinned, that would speak for the pipeline if none were, of which somebody said
    something (a name, a note, a tag), or that was begun and is not complete.

    Args:
        keys: the names of the caches that the settings of any pipeline name; None where one is not known:
            then all caches stay.
    """
    kept: list[str] = []
    gone = [*_runs(wanted, kept)]
    runs = {each.path for each in gone}
    gone += _snapshots(wanted, runs)
    if keys is None:
        kept.append("a pipeline names a file of weights that is not there, so all vectors stay")
    else:
        gone += _caches(wanted, keys, runs)
    gone += _leftovers(wanted)
    if not dry_run:
        for each in gone:
            _remove(each)
    return Pruned(dry_run, tuple(gone), tuple(kept))


def _runs(wanted: Wanted, kept: list[str]) -> Iterator[Removable]:
    found, names = complete(wanted.place.runs), Names.load(wanted.place.directory)
    if not found:
        return
    try:
        speaks = {choose(wanted).run.name, choose(wanted, ignoring_pin=True).run.name}
    except UserError:
        kept.append("no run speaks for the pipeline, so all of them stay: pin one, or train")
        return
    for run in found:
        if run.name in speaks or names.of(run) != Said():
            continue
        if is_held(run / "snapshots" / ".lock"):
            kept.append(f"{run} is being trained or measured")
        else:
            yield Removable("run", run, size_of(run))


def _snapshots(wanted: Wanted, gone: Collection[Path]) -> Iterator[Removable]:
    """Yield the snapshots of complete runs that stay: none of these goes on any more."""
    for run in complete(wanted.place.runs):
        folder = run / "snapshots"
        if run not in gone and any(folder.glob("[!.]*.safetensors")) and not is_held(folder / ".lock"):
            yield Removable("snapshots", folder, size_of(folder))


def _caches(wanted: Wanted, keys: Collection[str], gone: Collection[Path]) -> Iterator[Removable]:
    """Yield the caches that no settings name, and no run of any pipeline that stays was trained on."""
    runs = (path.parent for path in wanted.place.data.glob("*/runs/*/settings.yaml"))
    used = {*keys, *filter(None, (made_from(run).key for run in runs if run not in gone))}
    for cache in sorted(wanted.place.features.glob("[!.]*")):
        if cache.is_dir() and cache.name not in used and not is_held(cache.parent / f".{cache.name}.lock"):
            yield Removable("vectors", cache, size_of(cache))


def _leftovers(wanted: Wanted) -> Iterator[Removable]:
    for folder in (wanted.place.runs, wanted.place.features):
        yield from (Removable("leftover", path, size_of(path)) for path in folder.glob(".*.new-*"))


def _remove(each: Removable) -> None:
    if each.kind == "snapshots":
        take_out(Stage("run", each.path.parent), each.path.glob("[!.]*.safetensors"))
    elif each.kind == "leftover":
        shutil.rmtree(each.path, ignore_errors=True)
    else:
        remove(each.path)
