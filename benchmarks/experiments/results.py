"""The results of the cells: one row per cell; runs that differ only by their seed share it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

COLUMNS = {
    "train": ("train", "nll"),
    "dev": ("dev", "nll"),
    "by heart": ("train", "by_heart"),
    "floor": ("dev", "floor"),
    "unigram": ("dev", "unigram"),
    "shuffled": ("dev", "shuffled_nll"),
    "noise": ("dev", "random_nll"),
    "names": ("dev", "names"),
    "others'": ("dev", "names_shuffled"),
}
"""Columns of the table, and their split and figure in evaluation.json."""


@dataclass(frozen=True)
class Result:
    """A cell, with a run for every seed that is done.

    Attributes:
        name: of the cell.
        question: the part of docs/experiments.md that it belongs to.
        runs: the figures of each run, as the package's `__main__` wrote them; never empty.
    """

    name: str
    question: str
    runs: tuple[dict[str, Any], ...]

    def values(self, column: str) -> list[float]:
        """Return the figure of a column of each run that has it."""
        split, figure = COLUMNS[column]
        found = (run["evaluation"][split].get(figure) for run in self.runs)
        return [value for value in found if value is not None]

    @property
    def learned(self) -> list[float]:
        """The last epoch's training loss of each run, as the article prints it."""
        return [loss for *_, loss in self.losses("loss") if loss is not None]

    @property
    def best_dev(self) -> list[float]:
        """The lowest dev loss of any epoch of each run, nats per token."""
        return [min(loss for loss in losses if loss is not None) for losses in self.losses("dev_loss")]

    @property
    def minutes(self) -> float:
        """Processor minutes of a run, on average."""
        return mean(float(run["manifest"]["cpu_seconds"]) for run in self.runs) / 60

    def losses(self, name: str) -> list[list[float | None]]:
        """Return `loss` or `dev_loss` of each epoch, for each run."""
        return [[record[name] for record in run["log"]] for run in self.runs]


def read_results(data: Path) -> list[Result]:
    """Return the cells that are done, the article's first, then by question."""
    rows = [json.loads(path.read_text()) for path in sorted((data / "results").glob("*.json"))]
    runs: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        runs.setdefault(re.sub(r", seed \d+$", "", row["name"]), []).append(row)
    results = [Result(name, min(same, key=_seed)["question"], tuple(same)) for name, same in runs.items()]
    return sorted(results, key=lambda result: (result.question != "article", result.question, result.name))


def _seed(row: dict[str, Any]) -> int:
    return int(row["train"]["seed"])


def table(results: list[Result]) -> str:
    """Return the results as a Markdown table; several seeds as their mean ± half of their range."""
    heads = ("cell", "seeds", "learned", *list(COLUMNS)[:2], "best dev", *list(COLUMNS)[2:], "CPU min")
    lines = ["| " + " | ".join(heads) + " |", "| --- " + "| ---: " * (len(heads) - 1) + "|"]
    for result in results:
        cells = {column: spread(result.values(column)) for column in COLUMNS}
        cells |= {"learned": spread(result.learned), "best dev": spread(result.best_dev)}
        cells |= {"cell": result.name, "seeds": str(len(result.runs)), "CPU min": f"{result.minutes:.1f}"}
        lines.append("| " + " | ".join(cells[head] for head in heads) + " |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """Return the mean of some figures, ± half of their range where they differ; a dash for none."""
    if not values:
        return "–"
    half = (max(values) - min(values)) / 2
    return f"{mean(values):.3f}" + (f" ± {half:.3f}" if half >= 0.0005 else "")
