"""`bokeru runs export`: what other programs read of runs."""

import argparse
import sys
from pathlib import Path

from commands.arguments import add_several, path, pipeline_of

TRACKERS = ("mlflow", "trackio")
"""Those that runs are exported to; each has a script in `train/runs/trackers/`."""


def export(arguments: argparse.Namespace) -> None:
    """Hand runs to other programs: their logs as a table (csv), or settings, logs and figures to a tracker
    (mlflow, trackio), which its own Python logs; runs that it has already stay as they are."""
    from train.runs.export import send, write_table
    from train.runs.find import complete, named, newest

    pipeline = pipeline_of(arguments)
    newest(pipeline.runs)
    found = [named(pipeline.runs, name) for name in arguments.run] or complete(pipeline.runs)
    if arguments.form == "csv":
        rows = write_table(found, arguments.out)
        return print(f"{rows:,} rows of {len(found):,} runs written to {arguments.out}")
    project = arguments.project or pipeline.name
    new = send(found, arguments.form, arguments.python, project)
    print(f"{new:,} of {len(found):,} runs were new to {arguments.form}, in {project}")


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options of `bokeru runs export`."""
    command.add_argument("form", choices=["csv", *TRACKERS], help="for whom")
    what = "runs, by their names, or how these begin or end (all complete ones)"
    add_several(command, "--run", "RUN", what)
    command.add_argument(
        "--out", type=path, default=Path("runs.csv"), metavar="FILE", help="the table (runs.csv)"
    )
    command.add_argument(
        "--python",
        type=path,
        default=Path(sys.executable),
        metavar="FILE",
        help="the Python of an environment that has the tracker (Bokeru's own)",
    )
    command.add_argument("--project", metavar="NAME", help="the tracker's project (the pipeline's name)")
