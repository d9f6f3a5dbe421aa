"""What a sweep would train, and for about how long, before it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

from dataset import read
from store.manifest import read_manifest
from store.processes.cores import cores
from store.whole_file import read_object
from train.arithmetic.device import TOKENS, device, on_gpu, operations
from train.artifact import CONFIG
from train.data import dataset_manifest
from train.model import Sizes
from train.options import TrainOptions
from train.runs.find import complete
from train.runs.identity import made_from
from train.sweep.grid import Cell, Folders, Grid
from train.sweep.together import epochs_done, is_complete

SHAPING = ("embedding", "hidden", "layers", "injection")
"""The settings that give a model's tensors their sizes."""


@dataclass(frozen=True)
class PlannedRun:
    """A run of a sweep.

    Args:
        run: the name of its folder.
        title: what it will be called, if no other run is.
        state: `complete`, `begun` or `new`.
        epochs_done, epochs: how many are over, of how many.
        seconds: what it still takes, about; None where nothing tells.
        by: the run whose time says so.
    """

    run: str
    title: str
    state: Literal["complete", "begun", "new"]
    epochs_done: int
    epochs: int
    seconds: float | None
    by: str | None


@dataclass(frozen=True)
class PlannedSweep:
    """What a sweep would train.

    Args:
        settings: the values of each setting, by its name.
        seeds: those that each combination is trained with.
        jobs: how many runs are trained at a time.
        runs: in the order of training.
        seconds: until all are trained, about; None where nothing tells that of a run.
    """

    settings: dict[str, list[Any]]
    seeds: tuple[int, ...]
    jobs: int
    runs: tuple[PlannedRun, ...]
    seconds: float | None


def fitting(grid: Grid, dataset: Path) -> int:
    """Return how many runs fit on this machine at a time: on as many cores as they ask for; one on a GPU.

    It does not depend on which are complete: a run that goes on has the threads that it began with.

    Raises:
        UsageError: a run asks for a device that is not there.
    """
    vocabulary, threads = len(read.vocabulary(dataset)), 1
    for options in (cell.options for cell in grid.cells):
        if on_gpu(device(options.device, operations(options.batch_size, vocabulary, options.hidden))):
            return 1
        threads = max(threads, options.threads or 1)
    return max(1, min(cores() // threads, len(grid.cells)))


def plan(grid: Grid, folders: Folders, jobs: int) -> PlannedSweep:
    """Return what a sweep would train.

    The time is that of an epoch of the newest complete run of the same data and the same sampling, in
    proportion to the multiplications that a token takes. What runs on shared cores cost each other is not in
    it.

    Raises:
        DamagedFile: what a run says of itself cannot be read.
    """
    timed = {name: _timed(folders, name) for name in {cell.options.sampling for cell in grid.cells}}
    runs = tuple(_planned(cell, timed[cell.options.sampling]) for cell in grid.cells)
    times = [run.seconds for run in runs if run.seconds is not None]
    seconds = max(sum(times) / jobs, *times) if len(times) == len(runs) else None
    settings = {name: list(values) for name, values in grid.axes.items()}
    return PlannedSweep(settings, grid.seeds, jobs, runs, seconds)


@dataclass(frozen=True)
class _Timed:
    """A complete run: the seconds that an epoch took, and the sizes of its model."""

    run: str
    seconds: float
    sizes: Sizes

    def epoch(self, options: TrainOptions) -> float:
        """Return the seconds that an epoch of a run with these settings takes, about."""
        sizes = self.sizes.model_copy(update=options.model_dump(include=set(SHAPING)))
        return self.seconds * multiplications(sizes) / multiplications(self.sizes)


def multiplications(sizes: Sizes) -> float:
    """Return the multiplications that a token takes forward, about: one for each weight that it meets.

    The photo's weights are met once a caption; an embedding is looked up.
    """
    weights = {name: prod(shape) for name, shape in sizes.shapes() if len(shape) == 2 and name != "embedding"}
    photo = weights.pop("photo_w") / TOKENS
    return photo + sum(weights.values())


def _timed(folders: Folders, sampling: str) -> _Timed | None:
    """Return the newest complete run of the same data that samples so, if it says how long it took."""
    dataset, features, runs = folders
    inputs = dataset_manifest(dataset)["fingerprint"], features.name
    for run in reversed(complete(runs)):
        made = made_from(run)
        manifest: Mapping[str, Any] = read_manifest(run) or {}
        is_alike = (made.built, made.key, made.train.get("sampling")) == (*inputs, sampling)
        if is_alike and manifest.get("seconds") and manifest.get("epochs"):
            sizes = Sizes.model_validate(read_object(run / "model" / CONFIG)["sizes"])
            return _Timed(run.name, manifest["seconds"] / manifest["epochs"], sizes)
    return None


def _planned(cell: Cell, timed: _Timed | None) -> PlannedRun:
    done, epochs = epochs_done(cell.run), cell.options.epochs
    if is_complete(cell):
        return PlannedRun(cell.run.name, cell.title, "complete", done, epochs, 0.0, None)
    seconds = timed.epoch(cell.options) * (epochs - done) if timed else None
    by = timed.run if timed else None
    return PlannedRun(cell.run.name, cell.title, "begun" if done else "new", done, epochs, seconds, by)
