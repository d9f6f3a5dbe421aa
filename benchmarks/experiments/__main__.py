"""Run the experiments: python -m benchmarks.experiments [--only WORD …] [--list] [--report] [--write]."""

import argparse
import sys
import time
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks.experiments.cells import Cell
from benchmarks.experiments.comparisons import moved
from benchmarks.experiments.grid import cells
from benchmarks.experiments.report import blocks, write
from benchmarks.experiments.results import of_cells, read_results
from benchmarks.experiments.run import figures
from store.errors import UserError
from store.whole_file import write_json

PAGE = Path(__file__).parents[2] / "docs" / "experiments.md"


def main() -> int:
    """Run every experiment that is not done yet, and report what those say that are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/experiments"))
    parser.add_argument("--weights", default="untrained", help="as features.weights: caffenet, or a path")
    parser.add_argument("--only", nargs="*", help="run the cells whose name or question holds one of these")
    parser.add_argument("--list", action="store_true", help="list the cells, and which of them are done")
    parser.add_argument("--report", action="store_true", help="only report what the cells say that are done")
    what = "write tables and pictures into this page, too (docs/experiments.md)"
    parser.add_argument("--write", type=Path, nargs="?", const=PAGE, metavar="PAGE", help=what)
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
        again = second_seeds(chosen, moved(of_cells(read_results(arguments.data), cells())[0]))
        failed += sum(not _run(cell, arguments.data, arguments.weights) for cell in again)
    try:
        failed += _report(arguments.data, arguments.write)
    except UserError as error:  # a run that is gone, or was measured by an earlier version
        print(f"the report is not whole: {error}", file=sys.stderr)
        return 1
    return 1 if failed else 0


def _report(data: Path, page: Path | None) -> int:
    """Print what the cells say, write it into the page if there is one, and return how many are left out."""
    results, left_out = of_cells(read_results(data), cells())
    made = blocks(results, cells())
    print(*made.values(), sep="\n\n")
    for each in left_out:
        print(f"left out: {each}. Run it again: delete {data}, and start anew", file=sys.stderr)
    if page:
        write(page, made, results)
    return len(left_out)


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
    started, spent = time.monotonic(), time.process_time()
    try:
        write_json(_path(data, cell), figures(cell, data, weights))
    except UserError as error:
        print(f"{cell.name}: {error}", file=sys.stderr)
        return False
    except Exception:  # the other cells still run
        traceback.print_exc()
        return False
    wall, cpu = time.monotonic() - started, time.process_time() - spent
    print(f"== done in {wall:.0f} s, {cpu:.0f} s of this process's own", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
