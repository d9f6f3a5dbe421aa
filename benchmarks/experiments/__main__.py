"""Run the experiments: python -m benchmarks.experiments [--data DIR] [--only WORD …] [--list] [--report]."""

import argparse
import sys
import traceback
from pathlib import Path
from typing import Any

from benchmarks.experiments.cells import Cell, cells
from benchmarks.experiments.report import report
from commands.pipeline import Pipeline
from commands.stages import crawl, dataset, features
from store.errors import UserError
from store.manifest import read_manifest
from store.whole_file import write_json
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.history import read_log


def main() -> int:
    """Run every experiment that is not done yet, and write the report of those that are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/experiments"))
    parser.add_argument("--only", nargs="*", help="run the cells whose name or question holds one of these")
    parser.add_argument("--list", action="store_true", help="list the cells, and which of them are done")
    parser.add_argument(
        "--report", action="store_true", help="only write the report of the cells that are done"
    )
    arguments = parser.parse_args()
    chosen = [cell for cell in cells() if _is_chosen(cell, arguments.only)]
    if arguments.list:
        for cell in chosen:
            print("done" if result_path(arguments.data, cell).exists() else "-   ", cell.question, cell.name)
        return 0
    failed = 0 if arguments.report else sum(not _run(cell, arguments.data) for cell in chosen)
    report(arguments.data, Path("docs/experiments"))
    return 1 if failed else 0


def _is_chosen(cell: Cell, words: list[str] | None) -> bool:
    return not words or any(word in cell.name or word in cell.question for word in words)


def result_path(data: Path, cell: Cell) -> Path:
    """Return the path of a cell's figures."""
    return data / "results" / f"{cell.name.replace(' ', '-').replace(',', '')}.json"


def _run(cell: Cell, data: Path) -> bool:
    print(f"== {cell.question}: {cell.name}", flush=True)
    try:
        write_json(result_path(data, cell), figures(cell, data))
    except UserError as error:
        print(f"{cell.name}: {error}", file=sys.stderr)
        return False
    except Exception:  # the other cells still run
        traceback.print_exc()
        return False
    return True


def figures(cell: Cell, data: Path) -> dict[str, Any]:
    """Run every stage of a cell that is not up to date, and return the cell's figures."""
    pipeline = Pipeline(data, cell.data, settings=cell.settings())
    for stage in (crawl, dataset, features):
        stage(pipeline)
    run = fit(pipeline.settings.train, pipeline.dataset, pipeline.feature_cache, pipeline.runs)
    measured = evaluate(run, pipeline.dataset, pipeline.feature_cache)
    return {
        "name": cell.name,
        "question": cell.question,
        "photos": cell.photos,
        "captions": cell.captions,
        "train": pipeline.settings.train.model_dump(),
        "manifest": dict(read_manifest(run) or {}),
        "log": read_log(run),
        "evaluation": measured,
    }


if __name__ == "__main__":
    sys.exit(main())
