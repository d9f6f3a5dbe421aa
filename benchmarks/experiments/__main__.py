"""Run the experiments: python -m benchmarks.experiments [--data DIR] [--only WORD …] [--list] [--report]."""

import argparse
import sys
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks.experiments.cells import Cell
from benchmarks.experiments.comparisons import moved
from benchmarks.experiments.grid import cells
from benchmarks.experiments.report import report
from benchmarks.experiments.results import read_results
from benchmarks.experiments.run import figures
from store.errors import UserError
from store.whole_file import write_json


def main() -> int:
    """Run every experiment that is not done yet, and write the report of those that are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/experiments"))
    parser.add_argument("--weights", default="untrained", help="as features.weights: caffenet, or a path")
    parser.add_argument("--only", nargs="*", help="run the cells whose name or question holds one of these")
    parser.add_argument("--list", action="store_true", help="list the cells, and which of them are done")
    parser.add_argument(
        "--report", action="store_true", help="only write the report of the cells that are done"
    )
    arguments = parser.parse_args()
    chosen = [cell for cell in cells() if _is_chosen(cell, arguments.only)]
    if arguments.list:
        for cell in chosen:
            done = "done" if _path(arguments.data, cell).exists() else "-   "
            print(done, f"{cell.question}: {cell.name}, seed {cell.seed}")
        return 0
    failed = 0
    if not arguments.report:
        failed += sum(not _run(cell, arguments.data, arguments.weights) for cell in chosen)
        again = second_seeds(chosen, moved(read_results(arguments.data)))
        failed += sum(not _run(cell, arguments.data, arguments.weights) for cell in again)
    try:
        report(arguments.data, Path("docs/experiments"), cells())
    except UserError as error:  # a run that is gone, or was measured by an earlier version
        print(f"the report is not whole: {error}", file=sys.stderr)
        return 1
    return 1 if failed else 0


def second_seeds(chosen: Iterable[Cell], names: set[str]) -> list[Cell]:
    """Return the cells of these names with the seed after the only one that they have."""
    return [replace(cell, seed=1) for cell in chosen if cell.name in names]


def _is_chosen(cell: Cell, words: list[str] | None) -> bool:
    return not words or any(word in cell.name or word in cell.question for word in words)


def _path(data: Path, cell: Cell) -> Path:
    """Return the path of a cell's figures."""
    return data / "results" / cell.file


def _run(cell: Cell, data: Path, weights: str) -> bool:
    print(f"== {cell.question}: {cell.name}, seed {cell.seed}", flush=True)
    try:
        write_json(_path(data, cell), figures(cell, data, weights))
    except UserError as error:
        print(f"{cell.name}: {error}", file=sys.stderr)
        return False
    except Exception:  # the other cells still run
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
