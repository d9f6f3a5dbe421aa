"""What commands have in common: how one is added, and the options that several take."""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from commands.command_line import setting
from commands.examples import HelpFormatter, epilog
from commands.pipeline import Pipeline
from pipelines import load
from store.photo.options import Limits
from store.place import CONFIG, DATA

Command: TypeAlias = Callable[[argparse.Namespace], None]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Commands, function: Command, name: str = "") -> argparse.ArgumentParser:
    """Add a command that calls `function`, whose docstring is its help; return its parser.

    Its examples stand in `commands.examples`.
    """
    text = " ".join((function.__doc__ or "").split())
    name = name or function.__name__
    command = commands.add_parser(
        name,
        help=text.split(". ")[0],
        description=text,
        epilog=epilog(name),
        formatter_class=HelpFormatter,
    )
    command.set_defaults(command=function)
    return command


def add_pipeline(command: argparse.ArgumentParser) -> None:
    """Add the options that name a pipeline and change its settings."""
    command.add_argument("--pipeline", required=True, metavar="NAME", help="a pipeline of the config file")
    add_settings(command)


def add_run(command: argparse.ArgumentParser) -> None:
    """Add the option that names a run of the pipeline."""
    what = "a run, by the name that it was given or has (the pinned one, or the best on dev)"
    command.add_argument("--run", type=path_text, metavar="RUN", help=what)


def add_settings(command: argparse.ArgumentParser) -> None:
    """Add the options that say where settings and data are."""
    command.add_argument(
        "--config", type=path, default=CONFIG, metavar="FILE", help="the file of settings (pipelines.yaml)"
    )
    add_data(command)
    add_overrides(command, "such as train.epochs=3; comes before the file")


def add_overrides(command: argparse.ArgumentParser, meaning: str) -> None:
    """Add the option that sets settings."""
    several = f"{meaning}; several may follow"
    command.add_argument(
        "--set", type=setting, action="append", default=[], metavar="KEY=VALUE", help=several
    )


def add_data(command: argparse.ArgumentParser) -> None:
    """Add the option that says where all output lies."""
    command.add_argument(
        "--data", type=path, default=DATA, metavar="DIR", help="the folder of all output (data)"
    )


def add_json(command: argparse.ArgumentParser, meaning: str = "the answer") -> None:
    """Add the option that asks for JSON; `commands.answers.catalogue` then has the answer's type."""
    what = f"print {meaning} as JSON, and nothing else on standard output (docs/json.md)"
    command.add_argument("--json", action="store_true", help=what)


def add_several(command: argparse.ArgumentParser, option: str, of: str, meaning: str) -> None:
    """Add an option that takes values, several at a time and several times; by default there are none."""
    command.add_argument(option, nargs="+", action="extend", default=[], metavar=of, help=meaning)


def add_verbose(command: argparse.ArgumentParser) -> None:
    """Add the option that shows more of the log."""
    command.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="log what is done, with times, on standard error; -vv also every request",
    )


def pipeline_of(arguments: argparse.Namespace) -> Pipeline:
    """Return the pipeline that the arguments name, with its settings; its limits on photos hold now."""
    settings = load(arguments.pipeline, arguments.config, arguments.set)
    Limits.options = settings.photos
    names = (arguments.data, arguments.pipeline, arguments.config)
    pipeline = Pipeline(*names, settings=settings, overrides=tuple(arguments.set))
    if pipeline.unfinished_forget.exists():
        print(f"A forget has not ended. Finish it: {pipeline.command('forget')}", file=sys.stderr)
    return pipeline


def path_text(text: str) -> str:
    """Parse the name of a file or folder, or of several by a pattern: anything but an empty text.

    To `Path` an empty text is the working folder; on a command line it is a variable that is not set.
    """
    if not text:
        raise argparse.ArgumentTypeError("the name is empty. Name a file or folder; the working folder is .")
    return text


def path(text: str) -> Path:
    """Parse the name of a file or folder, as `path_text` does: the type of every argument that is one."""
    return Path(path_text(text))


def positive(text: str) -> int:
    """Parse a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def share(text: str) -> float:
    """Parse a share from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share from 0 to 1")
    return number


def gigabytes(text: str) -> float:
    """Parse a number of GB above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of GB above 0")
    return number


def port(text: str) -> int:
    """Parse a port."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: ports are 0 to 65535 (0: any that is free)")
    return int(text)
