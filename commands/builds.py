"""The commands on what a build took and left out: why a caption is in a dataset or not, and what changed."""

import argparse
import json
import sys
from dataclasses import asdict

from commands.arguments import Commands, add, add_pipeline, pipeline_of
from store.errors import UsageError, UserError

_MOST = 50
"""Answers that a terminal gets."""


def why(arguments: argparse.Namespace) -> None:
    """Say why a caption or photo is in the dataset, or which filter left it out, with its page and copies."""
    from dataset.describe import why as describe

    if not arguments.query.strip():
        raise UsageError("an empty text is in every caption. Name a boke, a part of its text, or a photo")
    pipeline = pipeline_of(arguments)
    answers = describe.why(arguments.query, pipeline.dataset)
    if arguments.json:
        print(json.dumps([asdict(answer) for answer in answers], ensure_ascii=False, indent=1))
    elif answers:
        print("\n".join(describe.lines(answers, _MOST)))
    if not answers:
        raise UserError(
            f"the dataset of {pipeline.name} neither has nor left out a caption for {arguments.query!r}: "
            "it is forgotten, or was not crawled when the dataset was built. "
            "Name a boke's number, a part of a text, or the sha256 of a photo"
        )


def diff(arguments: argparse.Namespace) -> None:
    """Say which captions and photos differ between two builds, by which filter, and which changed sides."""
    from dataset.builds.compare import diff as compare

    if len(arguments.builds) not in (0, 2):
        raise UsageError("name two builds, the earlier one first, or none for the last two")
    found = compare(pipeline_of(arguments).dataset, arguments.builds)
    if arguments.json:
        print(json.dumps(found and asdict(found), ensure_ascii=False, indent=1))
    elif found is None:
        print("one build is kept, so there is nothing to compare it with")
    else:
        print(f"{found.new}:", "\n".join(found.lines()))
    if arguments.check and found:
        sys.exit(1)


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    command = add(commands, why)
    add_pipeline(command)
    command.add_argument("query", metavar="BOKE|TEXT|SHA256", help="a number, a part of a text, or a photo")
    command.add_argument("--json", action="store_true", help="print all answers as JSON")
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
