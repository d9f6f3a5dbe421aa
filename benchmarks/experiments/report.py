"""The figures and plots of docs/experiments.md, from the cells that are done so far."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.experiments import plots, tables
from benchmarks.experiments.article import CURVES
from benchmarks.experiments.cells import Cell
from benchmarks.experiments.results import Result, read_results

PER_PHOTO = "captions per photo"
GRID = (PER_PHOTO, "by heart", "vectors", "sampling", "injection", "size", "optimiser", "weights", "domain")
PICTURES: dict[str, tuple[Sequence[str], Callable[[list[Result]], Figure]]] = {
    "article.png": (tuple(CURVES), plots.article),
    "captions.png": ((PER_PHOTO,), plots.captions_per_photo),
    "grid.png": (GRID, plots.grid),
}
"""What is drawn, of the cells of which questions; a picture of which no cell is done stays as it is."""


def report(data: Path, pictures: Path, cells: Sequence[Cell]) -> None:
    """Print what the cells that are done say, draw their losses, and name those that are not done."""
    results = read_results(data)
    for name in CURVES:
        chosen = [result for result in results if result.question == name]
        print(tables.articles(name, chosen), tables.switches(name, chosen), sep="\n\n", end="\n\n")
    print(tables.right_answers(results), tables.cells(results), tables.names(results), sep="\n\n")
    print("\n" + missing(results, cells))
    pictures.mkdir(parents=True, exist_ok=True)
    for name, (questions, draw) in PICTURES.items():
        if chosen := [result for result in results if result.question in questions]:
            draw(chosen).savefig(pictures / name, dpi=80)


def missing(results: Sequence[Result], cells: Sequence[Cell]) -> str:
    """Return a line that names the cells that are not done yet, with their seeds."""
    done = {(result.name, seed) for result in results for seed in result.runs}
    left: dict[str, list[int]] = {}
    for cell in cells:
        if (cell.name, cell.seed) not in done:
            left.setdefault(cell.name, []).append(cell.seed)
    named = "; ".join(f"{name} (seed {', '.join(map(str, seeds))})" for name, seeds in left.items())
    return f"not run yet: {named or 'nothing'}"
