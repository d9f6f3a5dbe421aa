"""The commands on what a build takes: scores, why a caption is in or not, what changed, what splits share."""

import argparse
import math
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from commands.answers.catalogue import answer
from commands.arguments import Commands, add, add_json, add_pipeline, gigabytes, path, pipeline_of, positive
from commands.lineage import require_dataset, require_vectors
from commands.pipeline import Pipeline
from store.errors import UsageError, UserError

_MOST = 50
"""Answers that a terminal gets."""


def why(arguments: argparse.Namespace) -> None:
    """Say why a caption or photo is in the dataset, or which filter left it out, with its page and copies."""
    from dataset.describe import why as describe

    if not arguments.query.strip():
        raise UsageError("an empty text is in every caption. Name a boke, a part of its text, or a photo")
    pipeline = pipeline_of(arguments)
    answers = describe.why(arguments.query, pipeline.dataset)
    if arguments.json:
        answer("why", answers)
    elif answers:
        unseen = describe.by_phash(answers, pipeline.dataset)
        print("\n".join([*describe.lines(answers, _MOST), *unseen]))
    if not answers:
        raise UserError(
            f"the dataset of {pipeline.name} neither has nor left out a caption for {arguments.query!r}: "
            "it is forgotten, or was not crawled when the dataset was built. "
            "Name a boke's number, the address of a boke or an odai, a part of a text, or a photo's sha256"
        )


def contains(arguments: argparse.Namespace) -> None:
    """Say whether a photo or caption is in a pipeline: the same file, or one that shows the same, since when,
    from where, under which licence, and how it is taken out. Nothing of the photo is kept."""
    from dataset.held.contains import contains

    pipeline, file = pipeline_of(arguments), Path(arguments.what)
    content = file.read_bytes() if file.is_file() else None
    if arguments.vectors and content is None:
        raise UsageError(f"--vectors compares photos, and {arguments.what!r} is no file. Leave it out")
    contact = pipeline.settings.crawl.contact
    alike = _alike(pipeline) if arguments.vectors else None
    found = contains(arguments.what, pipeline, contact=contact, content=content, alike=alike)
    if arguments.json:
        answer("contains", found)
    else:
        print("\n".join(found.lines()))


def _alike(pipeline: Pipeline) -> Callable[[bytes], Collection[str]]:
    """Return what finds the photos that are like a photo, by the network and the vectors of the settings."""
    from featurize.extract import Extractor
    from featurize.likeness.lookalikes import Lookalikes

    require_dataset(pipeline)
    require_vectors(pipeline)
    lookalikes = Lookalikes(pipeline.feature_cache, pipeline.dataset)
    extractor = Extractor(pipeline.settings.features, pipeline.weights)
    return lambda content: lookalikes.of(extractor.vectors([content])[0])


def diff(arguments: argparse.Namespace) -> None:
    """Say which captions and photos differ between two builds, by which filter, and which changed sides."""
    from dataset.builds.compare import diff as compare

    if len(arguments.builds) not in (0, 2):
        raise UsageError("name two builds, the earlier one first, or none for the last two")
    found = compare(pipeline_of(arguments).dataset, arguments.builds)
    if arguments.json:
        answer("diff", found)
    elif found is None:
        print("one build is kept, so there is nothing to compare it with")
    else:
        print(f"{found.new}:", "\n".join(found.lines()))
    if arguments.check and found:
        sys.exit(1)


def score(arguments: argparse.Namespace) -> None:
    """Give each photo or caption of a crawl a number, by an .onnx model, other people's code or a table. They
    are kept in data/<pipeline>/scores/NAME; what was scored before is not scored again, unless the scorer is
    another. What raises, takes too long or gives no number is counted, and ends nothing."""
    from featurize.scoring.stage import Scorer, score

    pipeline = pipeline_of(arguments)
    scorer = Scorer(
        arguments.model,
        arguments.python,
        arguments.table,
        *(arguments.preprocess, arguments.size, arguments.output, arguments.pool, tuple(arguments.labels)),
        seconds=arguments.seconds,
        memory=arguments.memory and int(arguments.memory * 10**9),
    )
    options = pipeline.settings.dataset
    print(
        score(arguments.name, scorer, pipeline.crawls, options, pipeline, retry_failed=arguments.retry_failed)
    )


def leaks(arguments: argparse.Namespace) -> None:
    """Say which photos of dev are like photos of train by their vectors, and draw the nearest pairs. What a
    build's hashes find is on one side already; vectors also tell parts of a photo. Exit 1 if any is."""
    from featurize.likeness.leaks import draw, leaks
    from featurize.neighbours import check_ending

    check_ending(arguments.out)
    pipeline = pipeline_of(arguments)
    require_dataset(pipeline)
    require_vectors(pipeline)
    found = leaks(pipeline.feature_cache, pipeline.dataset, least=arguments.least, count=arguments.n)
    if arguments.json:
        answer("leaks", found)
    else:
        print("\n".join(found.lines()))
    if found.nearest:
        draw(found, pipeline.dataset, arguments.out)
        forget = pipeline.command("forget", "--sha256", found.nearest[0].dev)
        raise UserError(
            f"{found.photos:,} photos of dev are like photos of train, by {found.least:.3g} or more. Look at "
            f"them in {arguments.out}. A photo is taken out by: {forget}"
        )


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    _register_leaks(add(commands, leaks))
    command = add(commands, why)
    add_pipeline(command)
    command.add_argument("query", metavar="BOKE|TEXT|SHA256", help="a number, a part of a text, or a photo")
    add_json(command, "all answers")
    command = add(commands, contains)
    add_pipeline(command)
    command.add_argument(
        "what",
        metavar="BOKE|ADDRESS|PHOTO",
        help="a boke's number, an address of the site, a photo's sha256, or its file",
    )
    command.add_argument(
        "--vectors",
        action="store_true",
        help="compare a photo by its vector, too: that finds parts of it, and takes longer",
    )
    add_json(command)
    _register_score(add(commands, score))
    command = add(commands, diff)
    add_pipeline(command)
    command.add_argument(
        "builds",
        nargs="*",
        metavar="OLD NEW",
        help="how the fingerprints of two builds begin; else the last two",
    )
    command.add_argument("--check", action="store_true", help="exit with 1 where they differ")
    add_json(command)


def _likeness(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -1 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no likeness: a cosine, -1 to 1")
    return value


def _register_leaks(command: argparse.ArgumentParser) -> None:
    add_pipeline(command)
    command.add_argument(
        "--least",
        type=_likeness,
        metavar="X",
        help="which likeness counts, up to 1 (measured on train: see docs/data.md)",
    )
    command.add_argument("-n", type=positive, default=20, help="pairs to name and to draw (20)")
    command.add_argument("--out", type=path, default=Path("leaks.png"), help="the picture (leaks.png)")
    add_json(command)


def _register_score(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="of the scores: letters, digits and _")
    add_pipeline(command)
    scorers = command.add_mutually_exclusive_group(required=True)
    scorers.add_argument("--model", type=path, metavar="X.onnx", help="a model that takes photos")
    scorers.add_argument(
        "--python",
        metavar="FILE.py:NAME",
        help="code that takes a photo or a text: an entry point, module:name or FILE.py:name",
    )
    scorers.add_argument("--table", type=path, metavar="T.parquet", help="scores by sha256 or boke_id")
    command.add_argument(
        "--preprocess",
        default="imagenet",
        help="of the model: imagenet, clip, siglip, inception, caffe (imagenet)",
    )
    command.add_argument("--size", type=positive, help="rows and columns that the model takes")
    command.add_argument("--output", help="the model's output that holds the scores")
    command.add_argument(
        "--pool",
        choices=["mean", "first", "flatten"],
        help="what becomes of an output with several vectors a photo",
    )
    command.add_argument("--labels", nargs="+", default=[], help="a name for each of the model's values")
    command.add_argument(
        "--seconds", type=float, default=30.0, help="what may be taken for one photo or caption (30)"
    )
    command.add_argument(
        "--memory",
        type=gigabytes,
        metavar="GB",
        help="what may be used: by all processes of code together (three quarters of this machine's), by a "
        "model for what it computes (8)",
    )
    command.add_argument("--retry-failed", action="store_true", help="score again what failed")
