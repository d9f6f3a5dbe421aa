"""The command that says why a caption or photo is in a dataset, or not."""

import argparse
import json
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


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    command = add(commands, why)
    add_pipeline(command)
    command.add_argument("query", metavar="BOKE|TEXT|SHA256", help="a number, a part of a text, or a photo")
    command.add_argument("--json", action="store_true", help="print all answers as JSON")
