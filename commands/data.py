"""The commands on saved pages, datasets, weights, and the directory of any stage."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from commands.answers.catalogue import answer
from commands.arguments import (
    Commands,
    add,
    add_data,
    add_json,
    add_pipeline,
    add_settings,
    path,
    pipeline_of,
    positive,
)
from commands.lineage import require_dataset, require_vectors
from pipelines import Settings, describe, load
from store.errors import UsageError

VERIFY_SECONDS = 3600.0
"""What checking one file may take: photos are decoded, and vectors computed."""


def parse(arguments: argparse.Namespace) -> None:
    """Print as JSON what the spider would take from a saved page."""
    from crawler.parsing.outside import use_layouts
    from crawler.parsing.parse import parse

    try:
        body = arguments.file.read_bytes()
    except OSError as error:
        raise UsageError(f"{arguments.file} cannot be read: {error.strerror}") from None
    use_layouts(arguments.layouts)
    row = parse(body, arguments.url, datetime.now(UTC))
    answer("parse", row)


def inspect(arguments: argparse.Namespace) -> None:
    """Show schema, rows, nulls, sizes and a few rows of any stage's directory."""
    from dataset.describe.inspect import MEMORY, SECONDS, inspect
    from store.processes.apart import run_apart

    _end(run_apart(inspect, arguments.path, memory=MEMORY, seconds=SECONDS))


def verify(arguments: argparse.Namespace) -> None:
    """Check every file of any stage. Exit 5 for damage, 1 where whole files contradict each other."""
    from commands.verify import report
    from store.processes.apart import run_apart
    from store.processes.memory import MOST

    closeness = "quick" if arguments.quick else "everything" if arguments.everything else "usual"
    # What it reads may come from anywhere, so a file may hold what kills its reader.
    _end(run_apart(report, arguments.path, closeness, memory=MOST, seconds=VERIFY_SECONDS))


def _end(status: int) -> None:
    if status:
        sys.exit(status)


def export(arguments: argparse.Namespace) -> None:
    """Write a pipeline's dataset in the form that other trainers read."""
    from dataset.export.formats import export

    pipeline = pipeline_of(arguments)
    require_dataset(pipeline)
    captions = export(pipeline.dataset, arguments.directory, arguments.format)
    print(f"{captions:,} captions exported to {arguments.directory}")


def forget(arguments: argparse.Namespace) -> None:
    """Take content out of every stage of a pipeline and of the crawl's mirror, and keep it out.

    Without anything named, what an earlier one left unfinished is finished.
    """
    from commands.forget.command import forget
    from crawler.memory.mirror import mirror_of
    from store.forget.content import Request

    named = (arguments.sha256, arguments.odai, arguments.boke)
    request = None if all(value is None for value in named) else Request(*named)
    if arguments.near and request is None:
        raise UsageError("--near goes with --sha256 X or --odai N")
    pipeline = pipeline_of(arguments)
    mirror = mirror_of(pipeline.settings.crawl.mirror, pipeline.crawl)
    bits = pipeline.settings.dataset.near_duplicate_bits
    report = forget(pipeline, request, near=arguments.near, near_bits=bits, mirror=mirror)
    if arguments.json:
        answer("forget", report)
    else:
        print(report)


def weights(arguments: argparse.Namespace) -> None:
    """Fetch the published weights of CaffeNet, and check them."""
    from featurize.fetch import CAFFENET, fetch

    print(fetch(CAFFENET, arguments.data / "weights", arguments.mirror))


def neighbours(arguments: argparse.Namespace) -> None:
    """Draw a contact sheet of photos, each with the photos that are nearest to it in feature space."""
    from featurize.neighbours import neighbours

    pipeline = pipeline_of(arguments)
    require_dataset(pipeline)
    require_vectors(pipeline)
    options = {"photos": arguments.photos, "count": arguments.n, "seed": arguments.seed}
    print(neighbours(pipeline.feature_cache, pipeline.dataset, arguments.out, **options))


def doctor(arguments: argparse.Namespace) -> None:
    """Say what works on this machine, and what to do about what does not."""
    from commands.doctor import diagnose, print_findings

    found = diagnose(arguments.data / "weights")
    if arguments.json:
        answer("doctor", found)
    else:
        print_findings(found.findings)
    if not found.works:
        sys.exit(1)


def settings(arguments: argparse.Namespace) -> None:
    """Print every setting with its value and meaning; without --pipeline, the defaults."""
    named = arguments.pipeline
    values = load(named, arguments.config, arguments.set) if named is not None else Settings()
    print("\n".join(describe(values)))


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    command = add(commands, parse)
    command.set_defaults(json=True)
    command.add_argument("file", type=path, metavar="FILE", help="the saved page")
    command.add_argument("--url", required=True, help="the address that the page was saved from")
    command.add_argument(
        "--layout",
        dest="layouts",
        action="append",
        default=[],
        metavar="NAME",
        help="a layout of other people's code, as crawl.layouts names it",
    )
    for function in (inspect, verify):
        command = add(commands, function)
        command.add_argument("path", type=path, metavar="PATH", help="a stage's directory, or one shard")
        add_json(command)
    sample = "compute every vector again, not a sample of each cache; as slow as computing them was"
    how = command.add_mutually_exclusive_group()
    how.add_argument("--all", action="store_true", dest="everything", help=sample)
    quick = "compare names, sizes and numbers of rows with the manifests, and read no content"
    how.add_argument("--quick", action="store_true", help=quick)
    command = add(commands, export)
    add_pipeline(command)
    command.add_argument(
        "--format", required=True, choices=["pairs", "webdataset", "coco", "imagefolder"], help="the form"
    )
    command.add_argument("directory", type=path, metavar="DIRECTORY", help="a new folder for it")
    command = add(commands, forget)
    add_pipeline(command)
    what = command.add_mutually_exclusive_group()
    what.add_argument("--sha256", help="a photo, by the digest of its bytes")
    what.add_argument("--odai", type=int, metavar="N", help="an odai: its photo and captions")
    what.add_argument("--boke", type=int, metavar="N", help="one caption")
    command.add_argument("--near", action="store_true", help="near copies of its photo go, too")
    add_json(command, "what changed, and what is left to do")
    command = add(commands, weights)
    command.add_argument("name", choices=["caffenet"], help="which weights")
    command.add_argument("--mirror", metavar="ADDRESS", help="another address of the same file")
    add_data(command)
    command = add(commands, neighbours)
    add_pipeline(command)
    command.add_argument("--photos", type=positive, default=12, help="photos, drawn by chance (12)")
    command.add_argument("-n", type=positive, default=7, help="neighbours of each (7)")
    command.add_argument("--seed", type=int, default=0, help="another seed draws other photos (0)")
    command.add_argument(
        "--out", type=path, default=Path("neighbours.png"), help="the picture (neighbours.png)"
    )
    command = add(commands, doctor)
    add_data(command)
    add_json(command)
    command = add(commands, settings)
    command.add_argument("--pipeline", metavar="NAME", help="whose settings")
    add_settings(command)
