"""What a sweep trains: a run for each combination of its settings' values, and for each seed."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from store.errors import UsageError
from store.text.settings import NotSettings, read_settings
from train.options import TrainOptions
from train.runs.identity import INCIDENTAL, place_of
from train.runs.seeds import of_seeds

STAGE, SEED = "train.", "train.seed"
Axes = Mapping[str, tuple[Any, ...]]
"""The values of each setting, by its name, `train.hidden`."""
Folders = tuple[Path, Path, Path]
"""The dataset, the vectors of its photos, and the folder of runs."""


@dataclass(frozen=True)
class Cell:
    """One run of a sweep.

    Args:
        values: of the sweep's settings, by their names.
        options: all settings, the seed among them.
        run: its folder, whether it is there or not.
        fingerprint: of the run.
    """

    values: Mapping[str, Any]
    options: TrainOptions
    run: Path
    fingerprint: str

    @property
    def title(self) -> str:
        """What it is called: `hidden 64, dropout 0.3, seed 1`."""
        told = [f"{name.removeprefix(STAGE)} {shown(value)}" for name, value in self.values.items()]
        return ", ".join([*told, f"seed {self.options.seed}"])


@dataclass(frozen=True)
class Grid:
    """All runs of a sweep.

    Args:
        axes: the values of each setting, one or more, in the order that they were given.
        seeds: those that each combination is trained with.
        cells: by seed, then by combination, so that each combination is there once before any is there twice.
    """

    axes: Axes
    seeds: tuple[int, ...]
    cells: tuple[Cell, ...]


def split(overrides: Iterable[str]) -> tuple[dict[str, tuple[Any, ...]], list[str]]:
    """Return the values of the settings that a sweep goes through, and the overrides that hold for all runs.

    Args:
        overrides: `stage.key=value` each. Of `train.*` the values stand as in a list of YAML, one or more:
            `64,128`; a value that is a list itself is in brackets, a text with a comma in quotes.

    Raises:
        UsageError: several values of what makes no other run, or other data.
    """
    axes: dict[str, tuple[Any, ...]] = {}
    fixed = []
    for override in overrides:
        name, _, text = override.partition("=")
        values = _values(name, text)
        is_other = not name.startswith(STAGE) or name == SEED or name.removeprefix(STAGE) in INCIDENTAL
        if is_other and len(values) > 1:
            raise UsageError(f"--set {override}: {_refusal(name)}")
        if is_other:
            fixed.append(override)
        else:
            axes[name] = values
    return axes, fixed


def _values(name: str, text: str) -> tuple[Any, ...]:
    try:
        found = read_settings(f"[{text}]")
    except NotSettings as error:
        if not name.startswith(STAGE):  # one value, whatever it is: who reads it says what is wrong with it
            return (text,)
        raise UsageError(f"--set {name}: {text[:200]!r} is no list of values: {error}") from None
    return tuple(found) or (None,)


def _refusal(name: str) -> str:
    """Return why a setting has one value in a sweep, and what to do."""
    if name == SEED:
        return "seeds follow one another from train.seed on. Write --seeds N"
    if name.startswith(STAGE):
        return f"{name} says where a run is made or how it is measured, so all values make one run. Give one"
    advice = "Give it one value: in brackets, if that is a list, in quotes, if it is a text with a comma"
    return (
        "a sweep compares runs on the same data, so it goes through settings of train alone, and this makes "
        f"other data: that takes a pipeline each. {advice}"
    )


def grid(
    axes: Axes,
    read: Callable[[Sequence[str]], TrainOptions],
    seeds: int,
    folders: Folders,
) -> Grid:
    """Return all runs of a sweep.

    Args:
        axes: as `split` returns them.
        read: returns the settings of training with some overrides.
        seeds: how many.

    Raises:
        UsageError: there is one run alone, a value is given twice, or one is none.
        MissingStage: the dataset is not there.
    """
    by_seed: list[list[Cell]] = [[] for _ in range(seeds)]
    known: dict[str, Mapping[str, Any]] = {}
    for combination in product(*axes.values()):
        values = dict(zip(axes, combination, strict=True))
        options = read([f"{name}={json.dumps(value, default=str)}" for name, value in values.items()])
        for cells, each in zip(by_seed, of_seeds(options, seeds), strict=True):
            cell = Cell(values, each, *place_of(each, *folders))
            if cell.fingerprint in known:
                raise UsageError(f"{_told(known[cell.fingerprint], values)}. Give each value once")
            known[cell.fingerprint] = values
            cells.append(cell)
    found = tuple(cell for cells in by_seed for cell in cells)
    if len(found) < 2:
        raise UsageError(
            "this is one run, and a sweep compares several: give a setting several values, as in "
            "--set train.hidden=64,128, or --seeds N"
        )
    return Grid(axes, tuple(cells[0].options.seed for cells in by_seed), found)


def _told(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return how the values of two combinations that make one run differ."""
    pairs = {name: (one[name], other[name]) for name in one}
    differ = [f"{name} {shown(a)} and {shown(b)}" for name, (a, b) in pairs.items() if str(a) != str(b)]
    return f"{', '.join(differ) or 'a value that is given twice'}: these make the same run"


def shown(value: Any) -> str:
    """Return a value as it is written in `--set`, a text without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
