"""The figures and plots of docs/experiments.md, from what the cells have come to so far."""

import json
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.experiments.cells import article

ARTICLE = {"article-small": 0.199, "article-large": 7.629}
"""Where the article's own losses ended, on its own data."""
COLUMNS = ("cell", "train", "dev", "floor", "unigram", "shuffled", "noise", "names", "others'", "CPU s")


def report(data: Path, pictures: Path) -> None:
    """Print a table of the cells that are done, and draw the article's curves and the grid's losses."""
    rows = [json.loads(path.read_text()) for path in sorted((data / "results").glob("*.json"))]
    rows.sort(key=lambda row: (row["question"] != "article", row["question"], row["name"]))
    print(table(rows))
    pictures.mkdir(parents=True, exist_ok=True)
    _curves(data).savefig(pictures / "article.png", dpi=80)
    if rows:
        _losses(rows).savefig(pictures / "grid.png", dpi=80)


def table(rows: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table: losses of dev but for `train`, in nats per token."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "| --- " + "| ---: " * (len(COLUMNS) - 1) + "|"]
    for row in rows:
        dev, train = row["evaluation"]["dev"], row["evaluation"]["train"]
        cells = [row["name"], train["nll"], dev["nll"], dev["floor"], dev["unigram"], dev["shuffled_nll"]]
        cells += [dev.get("random_nll"), dev["names"], dev["names_shuffled"], row["manifest"]["cpu_seconds"]]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if value < 20 else f"{value:.0f}"
    return "–" if value is None else str(value)


def _curves(data: Path) -> Figure:
    """Draw the article's two experiments, finished or not: losses by epoch, and what bounds them."""
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, cell in zip(figure.subplots(1, 2), article(), strict=True):
        axes.set_title(cell.name)
        axes.set_xlabel("epoch")
        axes.set_ylabel("nats per token")
        logs = sorted((data / cell.data / "runs").glob("*/log.jsonl"), key=lambda log: log.stat().st_mtime)
        for log in logs[-1:]:
            records = [json.loads(line) for line in log.read_text().splitlines()]
            for name, label in (("loss", "train"), ("dev_loss", "dev")):
                points = [(r["epoch"], r[name]) for r in records if r[name] is not None]
                axes.plot(*zip(*points, strict=True), marker=".", label=label)
            bounds = json.loads((log.parent / "bounds.json").read_text())
            for style, (label, value) in zip(("-", "--", ":"), bounds.items(), strict=True):
                axes.axhline(value, color="0.4", linestyle=style, linewidth=1, label=f"{label}  {value:.2f}")
        end = ARTICLE[cell.name]
        axes.axhline(end, color="tab:red", linewidth=1, label=f"the article's last  {end}")
        axes.set_ylim(bottom=0)
        axes.legend()
    return figure


def _losses(rows: list[dict[str, Any]]) -> Figure:
    """Draw each cell's training, dev and shuffled-photo losses beside the floor."""
    figure = Figure(figsize=(9, 1.5 + 0.4 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = list(range(len(rows)))[::-1]
    for split, name, marker, label in (
        ("train", "nll", "o", "train"),
        ("dev", "nll", "s", "dev"),
        ("dev", "shuffled_nll", "x", "dev, another photo's vector"),
        ("dev", "floor", "|", "the grammar's floor"),
        ("dev", "unigram", ".", "unigram"),
    ):
        axes.scatter([row["evaluation"][split][name] for row in rows], places, marker=marker, label=label)
    axes.set_yticks(places, [row["name"] for row in rows])
    axes.set_xlabel("nats per token")
    axes.set_xlim(left=0)
    axes.legend()
    return figure
