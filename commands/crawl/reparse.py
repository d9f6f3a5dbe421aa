"""The command that reads fetched pages again, without a request."""

import argparse

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, path, pipeline_of
from store.errors import UsageError


def reparse(arguments: argparse.Namespace) -> None:
    """Make the rows of archived pages anew, without a request: after a layout was mended, say."""
    from crawler.archive import stage
    from crawler.job import Job

    pipeline = pipeline_of(arguments)
    job = Job(pipeline.settings.crawl, pipeline.crawl, pipeline=pipeline.name)
    if (arguments.url is None) != (arguments.source is None and arguments.save is None):
        raise UsageError("--from and --save are for one page: name it with --url ADDRESS")
    if arguments.save:
        if arguments.json:
            raise UsageError("--json tells what changes, and --save changes nothing. Leave out one of them")
        stage.save_page(job, arguments.url, arguments.save)
        return print(f"{arguments.url} saved as {arguments.save}")
    if arguments.source:
        changes = stage.reread_page(job, arguments.url, arguments.source, dry=arguments.dry_run)
    else:
        changes = stage.reparse(job, dry=arguments.dry_run)
    if arguments.json:
        answer("reparse", changes)
    else:
        print(changes)


def register(commands: Commands) -> None:
    """Add the command to the parser."""
    command = add(commands, reparse)
    add_pipeline(command)
    command.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    add_json(command, "what changes")
    one = command.add_mutually_exclusive_group()
    one.add_argument("--save", type=path, metavar="FILE", help="write the page of --url to FILE, as it came")
    one.add_argument(
        "--from",
        dest="source",
        type=path,
        metavar="FILE",
        help="let FILE, a page mended by hand, be that of --url",
    )
    command.add_argument("--url", metavar="ADDRESS", help="the address of one page")
