"""The figures and plots of docs/experiments.md, from the cells that are done so far."""

from pathlib import Path

from benchmarks.experiments import plots
from benchmarks.experiments.results import read_results, table


def report(data: Path, pictures: Path) -> None:
    """Print a table of the cells that are done, and draw their losses."""
    results = read_results(data)
    print(table(results))
    pictures.mkdir(parents=True, exist_ok=True)
    plots.article(results).savefig(pictures / "article.png", dpi=80)
    plots.captions_per_photo(results).savefig(pictures / "captions.png", dpi=80)
    plots.grid(results).savefig(pictures / "grid.png", dpi=80)
