"""Measure every stage, command and page at ボケ缶's size: time, memory, and growth against a tenth of it.

    python -m benchmarks.size [--photos 100000] [--made FOLDER [TENTH]] [--directory DIR] [--rows NAME …]
        [--growth]

The pipelines are made first (`python -m benchmarks.size.make`), or taken from folders where they were. Each
command runs in a child process. A table and JSON are printed; what is missed is named with its value, its
limit and the reason, and the exit status is 1. The limits are in `benchmarks/size/limits.py`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.size import commands, pages
from benchmarks.size.limits import COMMANDS, Row
from benchmarks.size.make import PHOTOS, make
from benchmarks.size.prepare import prepare
from benchmarks.size.report import Run, grown, judged, table


def main() -> None:
    """Measure, print, and fail where a limit is missed."""
    arguments = _parser().parse_args()
    rows = tuple(row for row in COMMANDS if not arguments.rows or row.name in ("dataset", *arguments.rows))
    work = Path(tempfile.mkdtemp(dir=arguments.directory))
    try:
        made = arguments.made or made_here(work, arguments.photos)
        tenth = measure(made[1], work / "of_tenth", rows, not arguments.rows) if len(made) > 1 else None
        full = measure(made[0], work / "of_full", rows, not arguments.rows)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    lines = grown(full, tenth) if arguments.growth and tenth else judged(full, tenth)
    print(json.dumps({"full": _json(full), "tenth": tenth and _json(tenth)}, indent=1))
    print(table(lines))
    missed = [f"{line.name}: {text}" for line in lines for text in line.missed]
    sys.exit("\n".join(["", f"{len(missed)} limits are missed:", *missed]) if missed else None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=int, default=PHOTOS, help="at least 1,000 (%(default)s)")
    parser.add_argument(
        "--made", nargs="+", type=Path, metavar="FOLDER", help="made pipelines: it, its tenth"
    )
    parser.add_argument("--directory", type=Path, help="where all is written (a temporary folder)")
    parser.add_argument("--rows", nargs="+", metavar="NAME", help="only these rows; dataset always runs")
    parser.add_argument("--growth", action="store_true", help="fail for growth and exit statuses alone")
    return parser


def made_here(work: Path, photos: int) -> list[Path]:
    """Make a pipeline and one of a tenth of its size."""
    made = [work / "full", work / "tenth"]
    make(made[0], photos)
    make(made[1], photos // 10)
    return made


def measure(made: Path, work: Path, rows: tuple[Row, ...], with_pages: bool = False) -> Run:
    """Measure commands, and pages, on a made pipeline, which stays as it is."""
    prepared = prepare(made, work)
    costs, yardsticks = commands.run(prepared, rows)
    if with_pages:
        costs |= pages.run(prepared)
    shutil.rmtree(work)
    return Run(prepared.photos, prepared.vectors, costs, yardsticks)


def _json(run: Run) -> dict[str, object]:
    costs = {name: asdict(cost) for name, cost in run.costs.items()}
    return {"photos": run.photos, "yardsticks": dict(run.yardsticks), "costs": costs}


if __name__ == "__main__":
    main()
