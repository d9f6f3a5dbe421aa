"""The command that reads what others have published, or fetched, into a pipeline."""

import argparse
from pathlib import Path

from commands.arguments import Commands, add, add_pipeline, pipeline_of
from store.errors import UsageError

FORMATS = ("bokekan", "oogiri-go", "warc")


def read(arguments: argparse.Namespace) -> None:
    """Read an existing dataset into a pipeline, or pages that others have fetched, instead of crawling."""
    pipeline = pipeline_of(arguments)
    again = pipeline.command("import", arguments.format, *arguments.source)
    if arguments.format == "warc":
        from crawler.imports.warc import import_warc
        from crawler.job import Job

        job = Job(pipeline.settings.crawl, pipeline.crawl, pipeline=pipeline.name)
        return print(import_warc(job, arguments.source, again))
    from dataset.importers import bokekan, oogiri_go
    from store.processes.room import Room

    if len(arguments.source) > 1:
        raise UsageError(f"{arguments.format} takes one SRC: put several into one folder, and name that")
    formats = {"bokekan": bokekan.read, "oogiri-go": oogiri_go.read}
    room = Room(pipeline.crawl, pipeline.settings.crawl, "import", pipeline, again=again)
    print(formats[arguments.format](Path(arguments.source[0]), pipeline.crawl, room))


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    command = add(commands, read, "import")
    command.add_argument("format", choices=FORMATS, help="the dataset's own layout; warc: WARC files")
    command.add_argument(
        "source",
        nargs="+",
        metavar="SRC",
        help="the folder or file that it lies in; of WARC files also several, and patterns ('warcs/*.gz')",
    )
    add_pipeline(command)
