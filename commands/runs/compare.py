"""`bokeru compare`: how the figures of runs differ."""

import argparse

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_settings, path_text, pipeline_of


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


def register(commands: Commands) -> None:
    """Add this command to the parser."""
    command = add(commands, compare)
    what = "runs, by their names (or how these begin or end) or folders; all evaluated ones, the oldest first"
    command.add_argument("runs", nargs="*", type=path_text, metavar="RUN", help=what)
    command.add_argument("--pipeline", metavar="NAME", help="a pipeline of the config file")
    command.add_argument(
        "--split", choices=["dev", "train"], default="dev", help="the photos that figures are of (dev)"
    )
    add_json(command)
    add_settings(command)
