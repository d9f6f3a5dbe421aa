"""The command that says what differs between two builds of a dataset."""

import argparse
import json
import sys
from dataclasses import asdict

from commands.arguments import Commands, add, add_pipeline, pipeline_of
from store.errors import UsageError


def diff(arguments: argparse.Namespace) -> None:
    """Say which captions and photos differ between two builds, by which filter, and which changed sides."""
    from dataset.builds.compare import diff as compare

    if len(arguments.builds) not in (0, 2):
        raise UsageError("name two builds, the earlier one first, or none for the last two")
    found = compare(pipeline_of(arguments).dataset, arguments.builds or None)
    if arguments.json:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        print(f"{found.new}:", "\n".join(found.lines()))
    if arguments.check and found:
        sys.exit(1)


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    command = add(commands, diff)
    add_pipeline(command)
    command.add_argument(
        "builds",
        nargs="*",
        metavar="OLD NEW",
        help="how the fingerprints of two builds begin; else the last two",
    )
    command.add_argument("--check", action="store_true", help="exit with 1 where they differ")
    command.add_argument("--json", action="store_true", help="print it as JSON")
