"""What a sweep found: the dev loss of each run and combination, and what each setting does to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from store.errors import UserError
from train.history import best, read_log
from train.runs.names import Names
from train.runs.seeds import Pooled, pooled
from train.sweep.effects import Effect, effects
from train.sweep.grid import Cell, Grid
from train.sweep.together import is_complete


@dataclass(frozen=True)
class SweptRun:
    """One run of a sweep.

    Args:
        run: the name of its folder.
        name: what it is called.
        seed: that of its settings.
        state: `complete`, or `failed`.
        failure: why it, or its ranker, could not be trained.
        dev_known_loss: the dev loss of the model that is kept, over known tokens, nats per token; None where
            dev has no captions, or the run is not complete.
        epoch: the epoch of that model.
    """

    run: str
    name: str | None
    seed: int
    state: Literal["complete", "failed"]
    failure: str | None
    dev_known_loss: float | None
    epoch: int | None


@dataclass(frozen=True)
class Combination:
    """The runs that differ by their seed alone.

    Args:
        values: of the sweep's settings, by their names.
        dev_known_loss: the mean of the runs that have one, and its interval; None where none has.
        runs: one a seed.
    """

    values: dict[str, Any]
    dev_known_loss: Pooled | None
    runs: tuple[SweptRun, ...]


@dataclass(frozen=True)
class Swept:
    """What a sweep found.

    Args:
        settings: the values of each setting, by its name.
        seeds: those that each combination was trained with.
        combinations: in the order of the grid.
        effects: what each setting does, the largest difference first.
    """

    settings: dict[str, list[Any]]
    seeds: tuple[int, ...]
    combinations: tuple[Combination, ...]
    effects: tuple[Effect, ...]


def report(grid: Grid, pipeline: Path, failed: Mapping[Path, UserError]) -> Swept:
    """Return what the runs of a sweep say.

    Args:
        pipeline: the folder that holds runs.json.
        failed: why a run, or its ranker, could not be trained, by its folder.

    Raises:
        DamagedFile: a log cannot be read.
    """
    names = Names.load(pipeline)
    runs = [_run(cell, names, failed.get(cell.run)) for cell in grid.cells]
    count = len(grid.cells) // len(grid.seeds)
    combinations = tuple(
        _combination(dict(grid.cells[number].values), tuple(runs[number::count])) for number in range(count)
    )
    losses = np.array([np.nan if run.dev_known_loss is None else run.dev_known_loss for run in runs])
    shape = [len(grid.seeds), *map(len, grid.axes.values())]
    settings = {name: list(values) for name, values in grid.axes.items()}
    return Swept(settings, grid.seeds, combinations, effects(grid.axes, losses.reshape(shape)))


def _run(cell: Cell, names: Names, failure: UserError | None) -> SweptRun:
    seed, name, why = cell.options.seed, names.of(cell.run).name, str(failure) if failure else None
    if failure and not is_complete(cell):
        return SweptRun(cell.run.name, name, seed, "failed", why, None, None)
    records = read_log(cell.run)
    kept = best(records) or records[-1] if cell.options.keep == "best" else records[-1]
    loss, epoch = kept.get("dev_known_loss"), int(kept["epoch"])
    return SweptRun(cell.run.name, name, seed, "complete", why, loss, epoch)


def _combination(values: dict[str, Any], runs: tuple[SweptRun, ...]) -> Combination:
    losses = [run.dev_known_loss for run in runs if run.dev_known_loss is not None]
    return Combination(values, pooled(losses) if losses else None, runs)
