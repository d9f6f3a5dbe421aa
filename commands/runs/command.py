"""`bokeru runs`: its actions, each with arguments of its own."""

import argparse
from collections.abc import Callable

from commands.arguments import Command, Commands, add, add_pipeline
from commands.examples import HelpFormatter
from commands.runs import compare, export, naming, prune

ACTIONS: dict[str, tuple[Command, Callable[[argparse.ArgumentParser], None]]] = {
    "list": (naming.list_runs, naming.add_list),
    "name": (naming.name, naming.add_name),
    "note": (naming.note, naming.add_note),
    "tag": (naming.tag, naming.add_tags),
    "pin": (naming.pin, naming.add_pin),
    "remove": (naming.remove, naming.add_runs),
    "export": (export.export, export.add_options),
}
"""Of each action what it does, and what adds its arguments."""


def runs(_: argparse.Namespace) -> None:
    """List runs; give them names, notes and tags; pin the one that speaks for the pipeline; remove some; or
    hand them to other programs."""


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    compare.register(commands)
    prune.register(commands)
    actions = add(commands, runs).add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, (function, add_arguments) in ACTIONS.items():
        text = " ".join((function.__doc__ or "").split())
        action = actions.add_parser(
            name, help=text.split(";")[0].split(". ")[0], description=text, formatter_class=HelpFormatter
        )
        action.set_defaults(command=function)
        add_arguments(action)
        add_pipeline(action)
