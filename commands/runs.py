"""The commands on several runs at once: how they compare, and what other programs read of them."""

import argparse
import sys
from pathlib import Path

from commands.answers.catalogue import answer
from commands.arguments import (
    Commands,
    add,
    add_json,
    add_pipeline,
    add_settings,
    path,
    path_text,
    pipeline_of,
)

TRACKERS = ("mlflow", "trackio")
"""Those that runs are exported to; each has a script in `train/runs/trackers/`."""


def compare(arguments: argparse.Namespace) -> None:
    """Compare evaluated runs: the figures of the first, and by how much those of each other differ, with
    intervals over photos. Differences are paired: each is over the photos that both runs measured. Runs that
    differ by their seed alone are pooled, too; of one run alone, its figures are told."""
    from train.runs.compare import compare, show
    from train.runs.find import compared

    pipeline = pipeline_of(arguments) if arguments.pipeline else None
    found = compare(compared(arguments.runs, pipeline.runs if pipeline else None), arguments.split)
    if arguments.json:
        answer("compare", found)
    else:
        show(found)


def runs(arguments: argparse.Namespace) -> None:
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


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    command = add(commands, compare)
    what = "runs, by their names (or how these begin or end) or folders; all evaluated ones, the oldest first"
    command.add_argument("runs", nargs="*", type=path_text, metavar="RUN", help=what)
    command.add_argument("--pipeline", metavar="NAME", help="a pipeline of the config file")
    command.add_argument(
        "--split", choices=["dev", "train"], default="dev", help="the photos that figures are of (dev)"
    )
    add_json(command)
    add_settings(command)
    command = add(commands, runs)
    command.add_argument("action", choices=["export"], help="what to do")
    command.add_argument("form", choices=["csv", *TRACKERS], help="for whom")
    what = "runs, by their names, or how these begin or end (all complete ones)"
    command.add_argument("--run", nargs="+", action="extend", default=[], metavar="RUN", help=what)
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
    add_pipeline(command)
