"""`bokeru runs list|name|note|tag|pin|remove`: what runs are called, which speaks for the pipeline."""

import argparse
from pathlib import Path
from typing import Any

from commands.answers.catalogue import answer
from commands.arguments import add_json, path_text, pipeline_of
from commands.lineage import wanted
from store.errors import UsageError, UserError
from store.logs import printable


def list_runs(arguments: argparse.Namespace) -> None:
    """List the runs of a pipeline, the best on dev first, with what made them and is not the pipeline's."""
    from train.lineage.listing import lines, listing

    found = listing(wanted(pipeline_of(arguments)))
    if arguments.json:
        answer("runs", found)
    else:
        print("\n".join(map(printable, lines(found))) or "no run was begun")


def name(arguments: argparse.Namespace) -> None:
    """Give a run a name, which --run then takes; without a name, take it away."""
    from train.runs.find import complete
    from train.runs.names import Names, word

    given = word(arguments.name, "a name") if arguments.name is not None else None
    pipeline, run = pipeline_of(arguments), _run(arguments)
    names = Names.load(pipeline.directory)
    for other in complete(pipeline.runs):
        if given is not None and other != run and given in (other.name, names.of(other).name):
            raise UserError(f"{other.name} is called {given!r}. Take another name, or rename that run first")
    _say(arguments, name=given)


def note(arguments: argparse.Namespace) -> None:
    """Keep a note with a run; without a text, take it away."""
    _say(arguments, note=arguments.text)


def tag(arguments: argparse.Namespace) -> None:
    """Put tags on a run, or take them off."""
    from train.runs.names import Names, word

    tags = [word(text, "a tag") for text in arguments.tags]
    before = Names.load(pipeline_of(arguments).directory).of(_run(arguments)).tags
    if arguments.off:
        _say(arguments, tags=tuple(each for each in before if each not in tags))
    else:
        _say(arguments, tags=tuple(dict.fromkeys([*before, *tags])))


def pin(arguments: argparse.Namespace) -> None:
    """Let a run speak for the pipeline, whatever others there are; --none: the best on dev does so again."""
    from dataclasses import replace

    from train.runs.names import Names, changing

    if bool(arguments.run) == arguments.none:
        raise UsageError("name one run to pin, or give --none to pin none")
    run = None if arguments.none else _run(arguments)
    with changing(pipeline_of(arguments)) as directory:
        replace(Names.load(directory), pinned=run.name if run else None).save(directory)
    print(f"{run.name} is pinned" if run else "no run is pinned")


def remove(arguments: argparse.Namespace) -> None:
    """Delete runs, with their models, snapshots and figures; what their data and vectors are stays."""
    from store.processes.lock import is_held
    from store.replacing.directory import remove
    from train.lineage.states import size_of
    from train.lineage.tell import size
    from train.runs.find import begun
    from train.runs.names import Names, changing

    pipeline = pipeline_of(arguments)
    runs = [begun(pipeline.runs, name) for name in arguments.runs]
    with changing(pipeline) as directory:
        names = Names.load(directory)
        for run in runs:
            if names.pinned == run.name:
                none = pipeline.command("runs pin", "--none")
                raise UserError(f"{run.name} is pinned. First pin another one, or none: {none}")
            if is_held(run / "snapshots" / ".lock"):
                raise UserError(f"{run} is being trained or measured. Wait for that, or stop it first")
        for run in dict.fromkeys(runs):
            taken = size(size_of(run))
            remove(run)
            names = names.without(run)
            names.save(directory)
            print(f"{run.name} is removed: {taken}")


def _run(arguments: argparse.Namespace) -> Path:
    from train.runs.find import named

    return named(pipeline_of(arguments).runs, arguments.run)


def _say(arguments: argparse.Namespace, **changes: Any) -> None:
    """Write down something else of a run, and print what is then said of it."""
    from train.runs.names import Names, changing

    run = _run(arguments)
    with changing(pipeline_of(arguments)) as directory:
        names = Names.load(directory).saying(run, **changes)
        names.save(directory)
    said = names.of(run)
    told = [said.name or "no name", *(f"#{each}" for each in said.tags), *filter(None, [said.note])]
    print(printable(f"{run.name}: {', '.join(told)}"))


def add_run(command: argparse.ArgumentParser, **options: Any) -> None:
    """Add the argument that names a run."""
    what = "a run, by the name that it was given or has, or how that begins or ends"
    command.add_argument("run", type=path_text, metavar="RUN", help=what, **options)


def add_name(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `bokeru runs name`."""
    add_run(command)
    command.add_argument("name", nargs="?", metavar="NAME", help="its name (none)")


def add_note(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `bokeru runs note`."""
    add_run(command)
    command.add_argument("text", nargs="?", metavar="TEXT", help="the note (none)")


def add_tags(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `bokeru runs tag`."""
    add_run(command)
    command.add_argument("tags", nargs="+", metavar="TAG", help="tags")
    command.add_argument("--off", action="store_true", help="take them off")


def add_pin(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `bokeru runs pin`."""
    add_run(command, nargs="?")
    command.add_argument("--none", action="store_true", help="pin none")


def add_runs(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `bokeru runs remove`."""
    command.add_argument("runs", nargs="+", type=path_text, metavar="RUN", help="runs, by their names")


def add_list(command: argparse.ArgumentParser) -> None:
    """Add the options of `bokeru runs list`."""
    add_json(command)
