"""The pictures of docs/experiments.md."""

from collections.abc import Iterable
from statistics import mean
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.experiments.article import CURVES
from benchmarks.experiments.results import Result

SHADES = ("#0b3c5d", "#328cc1", "#d9a441", "#b23a48")
DRAWN = ("{}", "{}, batches of one length of 8", "{}, all of these")
"""The cells that are drawn beside each of the article's curves."""


def article(results: Iterable[Result]) -> Figure:
    """Draw the article's two experiments in its unit: its values, and ours by epoch, a line a seed."""
    by_name = {result.name: result for result in results}
    figure, panels = _panels(2, "average_loss, in the article's unit")
    for axes, (name, theirs) in zip(panels, CURVES.items(), strict=True):
        axes.set_title(name)
        axes.plot(theirs.epochs, theirs.losses, "o-", color=SHADES[3], label="the article", linewidth=1)
        for form, color in zip(DRAWN, SHADES, strict=False):
            if result := by_name.get(form.format(name)):
                title = "ours, batches of 16" if result.title == name else result.title
                _draw(axes, result, "article_loss", title, color=color)
        _finish(axes)
    return figure


def captions_per_photo(results: Iterable[Result]) -> Figure:
    """Draw train and dev losses by epoch: the same number of captions, of fewer and fewer photos."""
    chosen = sorted(results, key=lambda result: result.captions)
    figure, panels = _panels(2, "nats per token")
    for axes, loss, title in zip(
        panels, ("loss", "dev_known_loss"), ("train", "dev, known tokens"), strict=True
    ):
        axes.set_title(title)
        for result, color in zip(chosen, SHADES, strict=False):
            _draw(axes, result, loss, result.name, color=color)
        for floor in [value for result in chosen for value in result.values("floor")][-1:]:
            axes.axhline(floor, color="0.4", linestyle=":", linewidth=1, label=f"floor  {floor:.2f}")
        _finish(axes)
    return figure


def grid(results: list[Result]) -> Figure:
    """Draw each cell's losses after the last epoch; a bar joins the seeds' extremes."""
    figure = Figure(figsize=(9, 1.5 + 0.36 * len(results)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    rows = list(range(len(results)))[::-1]
    for column, marker, label in (
        ("train", "o", "train"),
        ("dev", "s", "dev"),
        ("shuffled", "x", "dev, another photo's vector"),
        ("floor", "|", "the grammar's floor"),
        ("unigram", ".", "unigram entropy"),
    ):
        found = [(row, result.values(column)) for row, result in zip(rows, results, strict=True)]
        known = [(row, values) for row, values in found if values]
        axes.scatter([mean(values) for _, values in known], [row for row, _ in known],
                     marker=marker, label=label, zorder=3)  # fmt: skip
        for row, values in known:
            axes.hlines(row, min(values), max(values), color="0.3", linewidth=2, zorder=2)
    axes.set_yticks(rows, [result.name for result in results])
    axes.grid(axis="y", color="0.9")
    axes.set_xlabel("nats per token, last epoch")
    axes.set_xlim(left=0)
    figure.legend(loc="outside upper center", ncols=5)
    return figure


def _panels(count: int, unit: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, count)
    for axes in panels:
        axes.set(xlabel="epoch", ylabel=unit)
    return figure, panels


def _draw(axes: Any, result: Result, loss: str, label: str, color: str) -> None:
    """Draw the losses of every run of a cell in one colour, named once."""
    for number, losses in enumerate(result.losses(loss)):
        points = [(epoch, value) for epoch, value in enumerate(losses, 1) if value is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=color, linewidth=1.2, alpha=0.8,
                      label=None if number else label)  # fmt: skip


def _finish(axes: Any) -> None:
    axes.set_ylim(bottom=0)  # after drawing: it ends Matplotlib's own choice of the upper limit
    if axes.lines:
        axes.legend()
