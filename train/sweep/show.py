"""What a sweep would train, and what it found, on a terminal."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from train.runs.seeds import CONFIDENCE
from train.sweep.effects import Effect
from train.sweep.grid import STAGE, shown
from train.sweep.plan import PlannedRun, PlannedSweep
from train.sweep.report import Combination, Swept


def plan_lines(found: PlannedSweep) -> Iterator[str]:
    """Yield a line for each run, and what all of them take."""
    for run in found.runs:
        yield f"{run.title}: {_state(run)}"
    left = [run for run in found.runs if run.state != "complete"]
    count = f"{len(found.runs)} runs, {len(left)} to train, {found.jobs} at a time"
    yield f"{count}: {_time(found, left)}"


def _state(run: PlannedRun) -> str:
    if run.state == "complete":
        return f"complete, {run.run}"
    told = f"{run.epochs} epochs" if run.state == "new" else f"{run.epochs_done} of {run.epochs} epochs done"
    return told + ("" if run.seconds is None else f", about {timedelta(seconds=round(run.seconds))}")


def _time(found: PlannedSweep, left: list[PlannedRun]) -> str:
    if found.seconds is None:
        return "for how long is not known, as no complete run on these data with the same sampling tells"
    by = ", ".join(sorted({run.by for run in left if run.by}))
    told = f"about {timedelta(seconds=round(found.seconds))}"
    return f"{told}, by the time that {by} took" if left else "nothing is left to do"


def show(found: Swept) -> None:
    """Print a table of all combinations, the best first, and one of what each setting does."""
    console = Console()
    console.print(_combinations(found))
    if known := [effect for effect in found.effects if len(found.settings[effect.setting]) > 1]:
        console.print(_effects(known))
        console.print(
            f"*: 0 lies outside of the {CONFIDENCE:.0%} interval, as for one in twenty that do nothing."
        )


def _combinations(found: Swept) -> Table:
    varying = [name for name, values in found.settings.items() if len(values) > 1]
    heads = ("dev loss, known tokens", f"{CONFIDENCE:.0%} interval over seeds", "best epochs", "not trained")
    table = Table(*(name.removeprefix(STAGE) for name in varying), *heads)
    for each in sorted(found.combinations, key=_loss):
        values = (Text(shown(each.values[name])) for name in varying)
        loss = each.dev_known_loss
        epochs = ", ".join(str(run.epoch) for run in each.runs if run.epoch is not None)
        seeds = ", ".join(f"seed {run.seed}" for run in each.runs if run.state == "failed")
        told = ("-", "") if loss is None else (f"{loss.mean:.3f}", _interval(loss.low, loss.high, ""))
        table.add_row(*values, *told, epochs, seeds)
    return table


def _loss(one: Combination) -> float:
    return math.inf if one.dev_known_loss is None else one.dev_known_loss.mean


def _effects(found: Sequence[Effect]) -> Table:
    heads = (
        "setting",
        "value",
        "beside",
        "changes the dev loss by",
        f"{CONFIDENCE:.0%} interval over seeds",
        "pairs",
    )
    table = Table(*heads)
    for each in found:
        names = (Text(text) for text in (each.setting, shown(each.value), shown(each.base)))
        if each.difference is None:
            table.add_row(*names, "-", each.why, "")
            continue
        is_certain = each.low is not None and each.high is not None and not each.low <= 0 <= each.high
        told = _interval(each.low, each.high, "+") or each.why
        table.add_row(*names, f"{each.difference:+.3f}{'*' if is_certain else ' '}", told, str(each.pairs))
    return table


def _interval(low: float | None, high: float | None, sign: str) -> str:
    """Return an interval as text; empty where there is none."""
    return "" if low is None or high is None else f"{low:{sign}.3f} to {high:{sign}.3f}"
