"""The `bokeru` command: its parser, and the exit status that each ending has.

It imports little before signals are in order: one that comes while the rest loads, for some tenths of a
second, ends the command as at any other moment.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.answers.answer import answering, fail
from store.processes.ending import exit_status
from store.processes.memory import told_of
from store.version import VERSION

if TYPE_CHECKING:
    from commands.command_line import Parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `bokeru` command; return its exit status, as the table in README.md has them."""
    return told_of(lambda: exit_status(lambda: _run(argv), fail))


def _run(argv: Sequence[str] | None) -> None:
    from store.logs import start_log
    from store.photo.options import Limits, limited
    from store.place import CONFIG, invoked

    arguments = parser().parse_args(argv)
    verbosity = getattr(arguments, "verbose", 0)
    start_log(verbosity)
    called = invoked(getattr(arguments, "config", CONFIG), getattr(arguments, "pipeline", None), verbosity)
    answer = answering(as_json=getattr(arguments, "json", False))
    with called, answer, limited(Limits.options):  # each command sets its own, once it has read the settings
        arguments.command(arguments)


def parser() -> "Parser":
    """Return the parser of the `bokeru` command; each command's function is `arguments.command`."""
    from commands import builds, contests, data, encoders, models, push, status
    from commands.command_line import Parser
    from commands.crawl import history, reparse, site
    from commands.runs import command as runs
    from commands.stages import command as stages
    from commands.stages import sweep
    from store.place import bokeru

    main = Parser(
        prog="bokeru",
        description="Crawl photos and jokes, build a dataset, cache features, train a captioning model.",
        epilog=f"First: `{bokeru('demo')}` runs all of it on a site that it draws itself.",
    )
    main.add_argument("--version", action="version", version=f"bokeru {VERSION}")
    commands = main.add_subparsers(title="commands", metavar="COMMAND", required=True)
    trained = (stages, sweep, status, runs, models, contests)
    sending = (data, push, encoders)
    for module in (*trained, site, *sending, history, reparse, builds):
        module.register(commands)
    return main


if __name__ == "__main__":
    sys.exit(main())
