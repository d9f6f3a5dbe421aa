"""The results of the cells: one row per cell; runs that differ only by their seed share it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.experiments.cells import Cell
from crawler.memory.drawing import drawing

COLUMNS = {
    "train": ("train", "nll"),
    "dev": ("dev", "nll_known"),
    "by heart": ("train", "by_heart"),
    "floor": ("dev", "floor_known"),
    "unigram": ("dev", "unigram_known"),
    "shuffled": ("dev", "shuffled_nll_known"),
    "photo": ("dev", "photo_nats"),
    "names": ("dev", "names"),
    "others'": ("dev", "names_shuffled"),
}
"""Columns of the table, and their split and figure in evaluation.json: on dev, losses of known tokens."""


@dataclass(frozen=True)
class Result:
    """A cell, with a run for every seed that is done; none where the cell is not.

    Attributes:
        name: of the cell.
        question: the part of docs/experiments.md that it belongs to.
        runs: the figures of each run by its seed, as `benchmarks.experiments.run` wrote them.
    """

    name: str
    question: str
    runs: dict[int, dict[str, Any]]

    @property
    def title(self) -> str:
        """The name within its question."""
        return self.name.removeprefix(f"{self.question}, ")

    @property
    def captions(self) -> int:
        """Captions of a photo."""
        return int(next(iter(self.runs.values()))["captions"])

    def values(self, column: str) -> list[float]:
        """Return the figure of a column of each run that has it."""
        split, figure = COLUMNS[column]
        found = (run["evaluation"][split].get(figure) for run in self.runs.values())
        return [value for value in found if value is not None]

    @property
    def learned(self) -> dict[int, float]:
        """The last epoch's training loss of each seed, nats per token."""
        return {seed: run["log"][-1]["loss"] for seed, run in self.runs.items()}

    @property
    def minutes(self) -> list[float]:
        """Processor minutes that each run was trained for."""
        return [float(run["manifest"]["cpu_seconds"]) / 60 for run in self.runs.values()]

    def losses(self, name: str) -> list[list[float | None]]:
        """Return a loss of each epoch, for each run."""
        return [[record.get(name) for record in run["log"]] for run in self.runs.values()]


def read_results(data: Path) -> list[Result]:
    """Return the cells that are done, the article's first, then by question; main lines come first."""
    rows = [json.loads(path.read_bytes()) for path in sorted((data / "results").glob("*.json"))]
    runs: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: int(row["train"]["seed"])):
        runs.setdefault((row["question"], row["name"]), {})[int(row["train"]["seed"])] = row
    results = [Result(name, question, same) for (question, name), same in runs.items()]
    return sorted(results, key=_place)


def of_cells(results: Sequence[Result], cells: Sequence[Cell]) -> tuple[list[Result], list[str]]:
    """Return the results in the order of the cells, done or not, and which runs are left out, and why.

    A run on another drawing of the embedded site says nothing of this one: its photos and captions differ.
    """
    found = {result.name: result for result in results}
    made: list[Result] = []
    left_out: list[str] = []
    for cell in {cell.name: cell for cell in cells}.values():
        runs = found.pop(cell.name).runs if cell.name in found else {}
        wanted = drawing(cell.settings().crawl.embedded)
        same = {seed: run for seed, run in runs.items() if run.get("drawing") == wanted}
        for seed in runs.keys() - same.keys():
            left_out.append(f"{cell.name}, seed {seed}: it is of another drawing of the embedded site")
        made.append(Result(cell.name, cell.question, same))
    return [*made, *found.values()], left_out


def _place(result: Result) -> tuple[bool, str, bool]:
    return not result.question.startswith("article"), result.question, result.name != result.question


def spread(values: Sequence[float]) -> str:
    """Return the mean of some figures, ± half of their range where they differ; a dash for none."""
    if not values:
        return "–"
    half = (max(values) - min(values)) / 2
    return f"{mean(values):.3f}" + (f" ± {half:.3f}" if half >= 0.0005 else "")
