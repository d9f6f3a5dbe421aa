"""The commands on a crawl: canaries, the history of its runs, and imports, which fill it without one."""

import argparse
from pathlib import Path

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, path_text, pipeline_of, positive
from pipelines import load
from store.errors import MissingStage, UsageError
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
        answer("canaries", [canary.row() for canary in kept])
    else:
        print("\n".join(lines(job, kept)))


def _other(pipeline: Place, arguments: argparse.Namespace) -> Place:
    name = pipeline.name if arguments.other is None else arguments.other
    load(name, arguments.config)  # a name that does not exist is answered with the nearest that does
    return Place(pipeline.data, name)


def history(arguments: argparse.Namespace) -> None:
    """Show what each run of a crawl fetched and measured, as table and chart, the newest last. A run whose
    pages are all valid but not like those of three or more earlier runs (half the boke a page, say, or boke
    without stars) ends with status 5 and is marked here: compare some pages with the site. If all is right,
    --accept makes that run the new normal."""
    from rich.console import Console

    from crawler.history.accept import accept
    from crawler.history.history import load_history
    from crawler.history.show import show
    from crawler.job import Job

    pipeline = pipeline_of(arguments)
    if not pipeline.crawl.exists():
        raise MissingStage(pipeline.crawl, pipeline.command("crawl"))
    job = Job(pipeline.settings.crawl, pipeline.crawl, pipeline=pipeline.name)
    if arguments.accept:
        accepted = accept(job)
        print(f"history: from now on this is usual: {accepted['alarm']}" if accepted else "history: no alarm")
        if not arguments.json:
            return
    runs = load_history(job)
    if arguments.json:
        answer("history", runs)
    elif runs:
        show(runs, arguments.n, Console())
    else:
        print("history: no run yet; it begins with the next crawl, since 0.1 kept none")


def read(arguments: argparse.Namespace) -> None:
    """Read an existing dataset into a pipeline, or pages that others have fetched, instead of crawling."""
    pipeline = pipeline_of(arguments)
    again = pipeline.command("import", arguments.format, *arguments.source)
    if arguments.format == "warc":
        from crawler.imports.warc import import_warc
        from crawler.job import Job

        job = Job(pipeline.settings.crawl, pipeline.crawl, pipeline=pipeline.name)
        return _tell(arguments, import_warc(job, arguments.source, again))
    from dataset.importers.choose import choose
    from store.processes.room import Room

    read = choose(arguments.format)
    if len(arguments.source) > 1:
        raise UsageError(f"{arguments.format} takes one SRC: put several into one folder, and name that")
    room = Room(pipeline.crawl, pipeline.settings.crawl, "import", pipeline, again=again)
    _tell(arguments, read(Path(arguments.source[0]), pipeline.crawl, room))


def _tell(arguments: argparse.Namespace, report: object) -> None:
    if arguments.json:
        answer("import", report)
    else:
        print(report)


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
    add_json(command, "them")
    command = add(commands, history)
    add_pipeline(command)
    command.add_argument("-n", type=positive, default=20, help="runs in the table, the newest (20)")
    add_json(command, "all runs")
    command.add_argument("--accept", action="store_true", help="make the run that raised the alarm usual")
    command = add(commands, read, "import")
    command.add_argument(
        "format",
        metavar="FORMAT",
        help="the dataset's own layout: bokekan, oogiri-go, warc (WARC and WACZ files), table (a CSV or JSON "
        "file of your own, beside its photos: columns image and text, and others), or an importer of "
        "other people's code: an entry point, module:name or FILE.py:name",
    )
    command.add_argument(
        "source",
        nargs="+",
        type=path_text,
        metavar="SRC",
        help="the folder or file that it lies in; for warc also several, and patterns ('warcs/*.gz')",
    )
    add_pipeline(command)
    add_json(command, "what was read and left out")
