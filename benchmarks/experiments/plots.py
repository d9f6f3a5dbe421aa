"""The pictures of docs/experiments.md."""

from collections.abc import Iterable
from statistics import mean
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.experiments.results import Result

THE_ARTICLES_LAST = {"article-small": 0.199, "article-large": 7.629}
"""Where the article's own losses ended, on its own data."""
BOUNDS = (("ln V", "ln_v", "-"), ("unigram entropy", "unigram", "--"), ("the grammar's floor", "floor", ":"))
SHADES = ("#0b3c5d", "#328cc1", "#d9a441", "#b23a48")


def article(results: Iterable[Result]) -> Figure:
    """Draw the article's two experiments: losses by epoch, and the bounds to compare them with."""
    by_name = {result.name: result for result in results}
    figure, panels = _panels(2)
    for axes, (name, end) in zip(panels, THE_ARTICLES_LAST.items(), strict=True):
        axes.set_title(name)
        if name in by_name:
            _draw(axes, by_name[name], "loss", "train", color=SHADES[0])
            _draw(axes, by_name[name], "dev_loss", "dev", color=SHADES[3])
            for label, figure_name, style in BOUNDS:
                value = by_name[name].runs[0]["evaluation"]["train"][figure_name]
                if value is not None:
                    line = {"color": "0.4", "linestyle": style, "linewidth": 1}
                    axes.axhline(value, label=f"{label}  {value:.2f}", **line)
        axes.axhline(end, color="tab:red", linewidth=1, label=f"the article's last  {end}")
        _finish(axes)
    return figure


def captions_per_photo(results: Iterable[Result]) -> Figure:
    """Draw train and dev losses by epoch: the same number of captions, of fewer and fewer photos."""
    chosen = [result for result in results if result.question == "captions per photo"]
    chosen.sort(key=lambda result: result.runs[0]["captions"])
    figure, panels = _panels(2)
    for axes, loss, title in zip(panels, ("loss", "dev_loss"), ("train", "dev"), strict=True):
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


def _panels(count: int) -> tuple[Figure, Any]:
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, count)
    for axes in panels:
        axes.set(xlabel="epoch", ylabel="nats per token")
    return figure, panels


def _draw(axes: Any, result: Result, loss: str, label: str, color: str) -> None:
    """Draw the losses of every run of a cell in one colour, named once."""
    for number, losses in enumerate(result.losses(loss)):
        points = [(epoch, value) for epoch, value in enumerate(losses, 1) if value is not None]
        axes.plot(*zip(*points, strict=True), color=color, linewidth=1.2, alpha=0.8,
                  label=None if number else label)  # fmt: skip


def _finish(axes: Any) -> None:
    axes.set_ylim(bottom=0)  # after drawing: it ends Matplotlib's own choice of the upper limit
    axes.legend()
