"""The chart of the Training page: losses by epoch, a line a run, and a band for runs of several seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from markupsafe import Markup

from store.errors import DamagedFile
from train.runs.seeds import alike
from web.content.charts import MAX_VALUE, Series, line_chart
from web.content.runs import Run
from web.languages import Translator

LOSSES = (
    ("loss", "train", ""),
    ("dev_loss", "dev", "dotted"),
    ("dev_known_loss", "dev, known tokens", "dashed"),
)
"""Losses of log.jsonl per token, with their names and strokes."""
PER_CHARACTER = (("dev_character_loss", "dev", ""),)
"""The loss that runs of other tokens have in common. What is learned may be a part of train that depends on
the epoch, and known tokens are others in each run: neither has a loss per character that compares."""


@dataclass(frozen=True)
class Drawing:
    """How losses are drawn.

    Attributes:
        smooth: how much less an epoch counts for each that lies between; see `smoothed`.
        log: whether the axis of losses is logarithmic.
    """

    smooth: float = 0.0
    log: bool = False


@dataclass(frozen=True)
class Curves:
    """The chart of some runs.

    Attributes:
        chart: None where there is nothing to draw.
        is_per_character: whether it shows nats per character, and not per token.
        styles: of each run the class that colours it; those that differ by their seed alone share one.
        pooled: how many runs are drawn as bands.
        missing: runs that tell no loss per character.
        drawing: how the chart is drawn.
    """

    chart: Markup | None
    is_per_character: bool
    styles: list[str]
    pooled: int
    missing: list[str]
    drawing: Drawing


def curves(
    shown: Sequence[Run], folders: Sequence[Path], _: Translator, drawing: Drawing, *, per_character: bool
) -> Curves:
    """Return the chart of runs, given with their folders.

    Args:
        per_character: the runs read other tokens, so that their losses per token have no common axis.
    """
    groups = _groups(shown, folders)
    losses = PER_CHARACTER if per_character else LOSSES
    series = [
        each
        for number, runs in enumerate(groups)
        for line in _lines(runs, f"s{number}", losses, len(shown), _)
        for each in _smoothed(line, drawing.smooth)
    ]
    unit = _("nats per character") if per_character else _("nats per token")
    lines = [] if per_character else _references(shown, _)
    titles = _("epoch"), unit, _("Loss by epoch")
    colours = {run.name: f"s{number}" for number, runs in enumerate(groups) for run in runs}
    return Curves(
        line_chart(series, lines, *titles, log=drawing.log) if series else None,
        per_character,
        [colours[run.name] for run in shown],
        sum(len(runs) for runs in groups if len(runs) > 1),
        [run.name for run in shown if per_character and not any(_points(run, PER_CHARACTER[0][0]))],
        drawing,
    )


def _groups(shown: Sequence[Run], folders: Sequence[Path]) -> list[list[Run]]:
    """Return the runs in their order, those together that differ by their seed alone."""
    try:
        found = [{folder.name for folder in each} for each in alike(folders)]
    except DamagedFile:  # the page names it beside its run
        found = []
    groups: dict[object, list[Run]] = {}
    for run in shown:
        place = next((number for number, names in enumerate(found) if run.name in names), run.name)
        groups.setdefault(place, []).append(run)
    return list(groups.values())


def _lines(
    runs: Sequence[Run], style: str, losses: Sequence[tuple[str, str, str]], shown: int, _: Translator
) -> Iterator[Series]:
    """Yield a line for each loss of runs that differ by their seed alone: the mean, in a band from the least
    to the greatest, over the epochs that all of them have."""
    for key, name, strokes in losses:
        by_run = [dict(_points(run, key)) for run in runs]
        epochs = [epoch for epoch in by_run[0] if all(epoch in each for each in by_run)]
        values = [[each[epoch] for each in by_run] for epoch in epochs]
        if not epochs:
            continue
        label = _(name) if shown == 1 else f"{_whose(runs, _)} {_(name)}"
        band = [(epoch, min(each), max(each)) for epoch, each in zip(epochs, values, strict=True)]
        points = [(epoch, mean(each)) for epoch, each in zip(epochs, values, strict=True)]
        yield Series(label, points, style, strokes, band if len(runs) > 1 else ())


def smoothed(points: Sequence[tuple[float, float]], weight: float) -> list[tuple[float, float]]:
    """Return points (x, y) with the mean of each y and those before it, the older the less.

    Args:
        weight: each step back counts so much less, in [0, 1); 0 changes nothing.

    Source: TensorBoard's smoothing of curves, an exponential moving average that is divided by the weight
    it has gathered so far, so that it does not begin at 0 (the bias correction of Kingma and Ba 2015).
    """
    total = gathered = 0.0
    found = []
    for x, y in points:
        if not -MAX_VALUE < y < MAX_VALUE:
            continue
        total, gathered = total * weight + y, gathered * weight + 1
        found.append((x, total / gathered))
    return found


def _smoothed(line: Series, weight: float) -> Iterator[Series]:
    """Yield a line, smoothed, above itself as it is where these differ."""
    if not weight:
        yield line
        return
    yield Series("", line.points, line.style)
    yield replace(line, points=smoothed(line.points, weight))


def _whose(runs: Sequence[Run], _: Translator) -> str:
    if len(runs) == 1:
        return runs[0].name
    return _("mean of {count} seeds of {name}", count=len(runs), name=runs[0].name)


def _points(run: Run, key: str) -> Iterator[tuple[int, float]]:
    for record in run.records:
        value = record.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield record["epoch"], value


def _references(shown: Sequence[Run], _: Translator) -> list[tuple[str, float]]:
    """Return the reference lines (title, nats per token) of all runs: one that several share is drawn once,
    and one that differs by run names its run."""
    lines = {}
    for name in dict.fromkeys(name for run in shown for name in run.bounds):
        values = {run.name: run.bounds[name] for run in shown if name in run.bounds}
        if len(set(values.values())) == 1:
            lines[_(name)] = next(iter(values.values()))
        else:
            lines |= {f"{_(name)}, {run}": value for run, value in values.items()}
    return list(lines.items())
