"""`bokeru status`: what each stage of a pipeline is made from, and whether that is what its settings want."""

import argparse
import sys

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, pipeline_of
from commands.lineage import wanted
from store.errors import UserError
from store.logs import printable


def status(arguments: argparse.Namespace) -> None:
    """Say of each stage whether it is up to date, stale and why, or missing; what it takes on disk; and which
    run writes the captions. Nothing is changed, and no site is asked."""
    from train.lineage.status import status
    from train.lineage.tell import lines, tree

    found = status(wanted(pipeline_of(arguments)))
    if arguments.json:
        answer("status", found)
    else:
        print("\n".join(map(printable, tree(found) if arguments.explain else lines(found))))
    if arguments.check and not found.is_up_to_date:
        sys.exit(UserError.exit_status)


def register(commands: Commands) -> None:
    """Add this command to the parser."""
    command = add(commands, status)
    add_pipeline(command)
    command.add_argument("--explain", action="store_true", help="as a tree, from a caption to the pages")
    command.add_argument("--check", action="store_true", help="exit 1 unless every stage is up to date")
    add_json(command)
