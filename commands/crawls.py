"""The commands that hold a crawl to what is known: canaries, and the history of its runs."""

import argparse
import json

from commands.arguments import Commands, add, add_pipeline, pipeline_of, positive
from pipelines import load
from store.errors import MissingStage
from store.place import Place


def canaries(arguments: argparse.Namespace) -> None:
    """Keep a few known boke, which later crawls of the pipeline ask for again. Each crawl then compares
    number, text, stars, photo and date with what their pages say, before it starts and every 1,000 pages;
    two wrong fields end it with status 5. Look at those that are printed: crawls are held to them. The
    command replaces those that were kept before."""
    from crawler.canaries.keep import keep, lines
    from crawler.job import Job

    pipeline = pipeline_of(arguments)
    other = _other(pipeline, arguments)
    if not (other.crawl / "pages").exists():
        raise MissingStage(other.crawl, other.command("crawl"))
    job = Job(pipeline.settings.crawl, pipeline.crawl, pipeline=pipeline.name)
    kept = keep(job, other.crawl, arguments.n)
    if arguments.json:
        rows = [canary.row() for canary in kept]
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    else:
        print("\n".join(lines(job, kept)))


def _other(pipeline: Place, arguments: argparse.Namespace) -> Place:
    name = arguments.other or pipeline.name
    load(name, arguments.config)  # a name that does not exist is answered with the nearest that does
    return Place(pipeline.data, name)


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    command = add(commands, canaries)
    add_pipeline(command)
    command.add_argument(
        "--from",
        dest="other",
        metavar="OTHER",
        help="the pipeline whose crawl or import they are taken from (this one)",
    )
    command.add_argument("-n", type=positive, default=12, help="how many to keep (12)")
    command.add_argument("--json", action="store_true", help="print them as JSON")
