"""`bokeru contest`: judgement by people, from the drawing of pairs to what the votes say."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from math import isnan, nan
from typing import TYPE_CHECKING
from urllib.parse import quote

from commands.answers.catalogue import answer
from commands.arguments import (
    Commands,
    add,
    add_json,
    add_pipeline,
    add_several,
    path,
    pipeline_of,
    positive,
    share,
)
from commands.lineage import wanted
from commands.pipeline import Pipeline
from store.errors import UsageError
from store.place import Place

if TYPE_CHECKING:
    from judging.answers import Listed, Opened, Published
    from judging.contest import Contest
    from judging.drawing.new import Wanted
    from judging.figures.plan import Planned
    from judging.report import Report

ACTIONS = {
    "new": "draw its pairs and write them down",
    "key": "make a new key for its Judge page; the keys before it open nothing any more",
    "plan": "say how many votes it takes to tell shares from chance",
    "report": "say what the votes say",
    "publish": "write the votes as one Parquet file with a card",
    "list": "list the contests",
}
TIES = 0.28
"""Of votes for neither, where nobody says otherwise: about what public arenas have."""


def contest(arguments: argparse.Namespace) -> None:
    """Let people judge which of two captions is funnier, or which of five was written for the photo. A
    contest is drawn once; its Judge page is in the web app."""
    act = {"new": _new, "key": _key, "plan": _plan, "report": _report, "publish": _publish, "list": _list}
    pipeline = pipeline_of(arguments)
    if not arguments.name and arguments.action not in ("plan", "list"):
        raise UsageError(f"Name the contest: {pipeline.command('contest', arguments.action, 'NAME')}")
    found = act[arguments.action](pipeline, arguments)
    if arguments.json:
        answer("contest", found)


def _new(pipeline: Pipeline, arguments: argparse.Namespace) -> "Opened":
    from judging.drawing.new import new
    from judging.figures.plan import plan
    from judging.told import planned
    from web.door.keys import digest, new_secret

    secret = new_secret()
    drawn = new(pipeline, arguments.name, _wanted(pipeline, arguments), {digest(secret): ""})
    left_out = [f"{reason} {count:,}" for reason, count in drawn.left_out.items() if count]
    print(f"contest {drawn.name}: {drawn.pairs:,} pairs of {', '.join(drawn.systems)}")
    print(f"left out: {', '.join(left_out) or 'nothing'}")
    print(planned(plan(drawn.task, TIES)))
    return _opened(pipeline, drawn, [secret])


def _wanted(pipeline: Pipeline, arguments: argparse.Namespace) -> "Wanted":
    from dataset.filters import forbidden_words
    from judging.drawing.new import Wanted
    from judging.drawing.unfit import Unfit
    from train.lineage.choose import choose

    words = forbidden_words(arguments.forbid or pipeline.settings.dataset.forbidden_words)
    names, own = arguments.runs or [None], wanted(pipeline)
    return Wanted(
        task=arguments.task,
        runs=[choose(own, name).run for name in names],
        strategies=arguments.strategies,
        people=arguments.people or len(names) * len(arguments.strategies) == 1,
        photos=arguments.photos,
        n=arguments.n,
        seed=arguments.seed,
        unfit=Unfit(words, tuple(arguments.exclude_categories), dict(arguments.max_score)),
    )


def _key(pipeline: Pipeline, arguments: argparse.Namespace) -> "Opened":
    from judging.contest import find, load, write
    from web.door.keys import digest, new_secret

    directory = find(pipeline, arguments.name)
    names = [f"judge {number}" for number in range(1, arguments.judges + 1)] or [""]
    secrets = [new_secret() for _ in names]
    keys = {digest(secret): name for secret, name in zip(secrets, names, strict=True)}
    changed = load(directory).model_copy(update={"keys": keys})
    write(directory, changed)
    return _opened(pipeline, changed, secrets)


def _opened(place: Place, opened: "Contest", secrets: Sequence[str]) -> "Opened":
    """Print where people judge, and the links: of their keys the digests alone are kept."""
    from judging.answers import Opened
    from judging.contest import page
    from web.door.keys import link

    path = quote(page(place, opened.name))
    links = [link(path, secret) for secret in secrets]
    print(f"Judge at {path} of the app that this serves: {place.command('web')}")
    print("beyond this machine by a link with a key, which nobody can print again:")
    print("\n".join(f"  http://HOST:PORT{each}" for each in links))
    return Opened(_listed(opened), path, links)


def _plan(_: Pipeline, arguments: argparse.Namespace) -> "list[Planned]":
    from judging.figures.plan import plan
    from judging.told import planned

    found = plan(arguments.task, arguments.ties, arguments.share)
    print(f"for {arguments.ties:.0%} votes for neither, in 80 of 100 contests:")
    print(planned(found))
    return found


def _report(pipeline: Pipeline, arguments: argparse.Namespace) -> "Report":
    from judging.contest import find
    from judging.report import report
    from judging.told import told

    found = report(find(pipeline, arguments.name))
    print(told(found))
    return found


def _publish(pipeline: Pipeline, arguments: argparse.Namespace) -> "Published":
    from judging.answers import Published
    from judging.contest import find
    from judging.publish import publish

    directory = publish(find(pipeline, arguments.name))
    print(f"published: {directory}")
    return Published(str(directory))


def _list(pipeline: Pipeline, _: argparse.Namespace) -> "list[Listed]":
    from judging.contest import folder, load, names

    found = [load(folder(pipeline) / name) for name in names(pipeline)]
    for each in found:
        systems = ", ".join(each.systems)
        print(f"{each.name}: {each.task}, {each.pairs:,} pairs of {systems}, {each.created[:10]}")
    if not found:
        print(f"there is no contest. Make one: {pipeline.command('contest', 'new', 'first')}")
    return [_listed(each) for each in found]


def _listed(found: "Contest") -> "Listed":
    from judging.answers import Listed

    names = (field.name for field in fields(Listed) if field.name != "systems")
    return Listed(systems=list(found.systems), **{name: getattr(found, name) for name in names})


class _Score(argparse.Action):
    """Takes a name and a number."""

    def __call__(self, parser, namespace, values, option=None):  # type: ignore[no-untyped-def]
        """Add the pair to those that were given before."""
        name, most = values
        try:
            limit = float(most)
        except ValueError:
            limit = nan
        if isnan(limit):
            parser.error(f"argument {option}: {most!r} is no number")
        getattr(namespace, self.dest).append((name, limit))


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    command = add(commands, contest)
    what = "; ".join(f"{name}: {meaning}" for name, meaning in ACTIONS.items())
    command.add_argument("action", choices=ACTIONS, help=what)
    command.add_argument("name", nargs="?", metavar="NAME", help="the contest")
    command.add_argument(
        "--task",
        choices=["prefer", "match"],
        default="prefer",
        help="prefer: the funnier of two; match: the one of five that was written for the photo (prefer)",
    )
    add_several(command, "--runs", "RUN", "runs that write (the pipeline's own)")
    command.add_argument(
        "--strategies",
        nargs="+",
        default=["sample"],
        choices=["sample", "beam", "greedy"],
        help="each run writes with each of them (sample)",
    )
    command.add_argument(
        "--people", action="store_true", help="people's captions take part; they do where one model is alone"
    )
    command.add_argument("--photos", choices=["dev", "train"], default="dev", help="the photos (dev)")
    command.add_argument("-n", type=positive, default=200, metavar="N", help="pairs, a photo each (200)")
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the drawing, and of samples (0)"
    )
    command.add_argument(
        "--forbid",
        type=path,
        metavar="FILE",
        help="words, one a line, that no caption shown may hold (those of dataset.forbidden_words)",
    )
    categories = "categories of people's captions that are not shown"
    add_several(command, "--exclude-categories", "NAME", categories)
    command.add_argument(
        "--max-score",
        nargs=2,
        action=_Score,
        default=[],
        metavar=("NAME", "X"),
        help="people's captions with a score above it are not shown; several times for several scores",
    )
    command.add_argument(
        "--judges",
        type=positive,
        default=0,
        metavar="N",
        help="key: a link each for so many judges (one for all)",
    )
    command.add_argument(
        "--ties", type=share, default=TIES, help="plan: the share of votes for neither (0.28)"
    )
    command.add_argument(
        "--share",
        type=share,
        nargs="+",
        default=[],
        help="plan: shares to tell from chance (some usual ones)",
    )
    add_json(command)
    add_pipeline(command)
