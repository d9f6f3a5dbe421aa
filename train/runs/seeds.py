"""Runs that differ by their seed alone: how to make and to find them, and what they have in common."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from store.whole_file import read_object
from train.evaluation.figures import MEANINGS
from train.history import best, read_log
from train.options import TrainOptions
from train.runs.identity import INCIDENTAL, made_from

CONFIDENCE = 0.95
"""Of every interval over seeds: so many of a hundred such intervals hold the mean over all seeds."""


@dataclass(frozen=True)
class Pooled:
    """The mean of a figure over seeds, and the interval that it has; None where there is one seed alone."""

    seeds: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OverSeeds:
    """What runs that differ by their seed alone have in common.

    Attributes:
        runs: their names, by seed.
        figures: those that are numbers in every run, by name.
    """

    runs: tuple[str, ...]
    figures: dict[str, Pooled]


def of_seeds(options: TrainOptions, count: int) -> Iterator[TrainOptions]:
    """Yield the settings of `count` runs, whose seeds follow one another from that of the settings on."""
    for number in range(count):
        yield options.model_copy(update={"seed": options.seed + number})


def pooled(values: Sequence[float]) -> Pooled:
    """Return the mean of a figure's values, one or more, and its interval.

    Source: Student 1908: mean ± t · s / √n, t of n - 1 degrees of freedom. It takes seeds as a sample of
    all seeds, and their figures as normally distributed; what other photos would give, it does not know.
    """
    middle = mean(values)
    if len(values) == 1:
        return Pooled(1, middle, None, None)
    half = student_t(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Pooled(len(values), middle, middle - half, middle + half)


def pool(runs: Sequence[Mapping[str, Any]]) -> dict[str, Pooled]:
    """Return the figures that are numbers in every run, by name, pooled."""
    names = [name for name in runs[0] if all(_is_number(run.get(name)) for run in runs)]
    return {name: pooled([float(run[name]) for run in runs]) for name in names}


def over_seeds(runs: Sequence[Path], split: str) -> list[OverSeeds]:
    """Return the figures of a split, pooled, for each two or more runs that differ by their seed alone.

    Raises:
        DamagedFile: a file of a run cannot be read.
    """
    return [
        _pooled(found, split) for found in alike([run for run in runs if (run / "evaluation.json").is_file()])
    ]


def alike(runs: Sequence[Path]) -> list[list[Path]]:
    """Return each two or more of some runs that differ by their seed alone, by their seeds.

    Raises:
        DamagedFile: a file of a run cannot be read.
    """
    groups: dict[str, list[tuple[int, Path]]] = {}
    for run in runs:
        seed, others = _made_from(run)
        if seed is not None:
            groups.setdefault(others, []).append((seed, run))
    return [
        [run for _, run in sorted(found)]
        for found in groups.values()
        # One seed twice: the runs differ by what no setting says.
        if len(found) > 1 and len({seed for seed, _ in found}) == len(found)
    ]


def _pooled(runs: Sequence[Path], split: str) -> OverSeeds:
    figures = [read_object(run / "evaluation.json").get(split) or {} for run in runs]
    return OverSeeds(tuple(run.name for run in runs), pool(figures))


def _made_from(run: Path) -> tuple[int | None, str]:
    """Return a run's seed, and all else that decides what it became, as text."""
    found = made_from(run)
    settings = {name: value for name, value in found.train.items() if name not in INCIDENTAL | {"seed"}}
    return found.train.get("seed"), json.dumps(
        [settings, found.built, found.key, found.variant], sort_keys=True
    )


def logged(run: Path) -> dict[str, float | int | None]:
    """Return what a run's log says of what was learned: at its end, and in its best epoch.

    Raises:
        DamagedFile: the log cannot be read.
    """
    log = read_log(run)
    chosen = best(log) or {}
    of_dev = {f"best {name}": chosen.get(name) for name in ("epoch", "dev_loss", "dev_known_loss")}
    return {"last loss": log[-1]["loss"], **of_dev}


def show(title: str, count: int, found: Mapping[str, Pooled]) -> None:
    """Print a table of the figures of so many runs, pooled."""
    seeds = "one seed" if count == 1 else f"{count} seeds"
    table = Table(title, Column(f"mean of {seeds}"), Column(f"{CONFIDENCE:.0%} interval over seeds"))
    others = [name for name in found if name not in MEANINGS]
    for name in [*(name for name in MEANINGS if name in found), *others]:
        figure = found[name]
        if figure.low is None or figure.low == figure.high:  # a count, say, or a bound
            middle, interval = f"{figure.mean:,.3f}".removesuffix(".000"), ""
        else:
            middle, interval = f"{figure.mean:,.3f}", f"{figure.low:,.3f} to {figure.high:,.3f}"
        table.add_row(MEANINGS.get(name, name), middle, interval)
    Console().print(table)


def student_t(freedom: int) -> float:
    """Return t such that Student's distribution has `CONFIDENCE` between -t and t.

    Args:
        freedom: degrees of freedom, from 1.
    """
    low, high = 0.0, 1e3  # at one degree it is 12.7
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < CONFIDENCE else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """Return the probability between -t and t. Source: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    is_odd = freedom % 2
    term, total = (math.cos(angle) if is_odd else 1.0), 0.0
    for step in range(1 + is_odd, freedom, 2):
        total += term
        term *= math.cos(angle) ** 2 * step / (step + 1)
    part = math.sin(angle) * total
    return 2 / math.pi * (angle + part) if is_odd else part


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
