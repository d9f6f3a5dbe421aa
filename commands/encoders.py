"""The commands on encoders: `encoder`, whether one is fed rightly, and `find`, photos by what it sees."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from commands.answers.catalogue import answer
from commands.arguments import (
    Commands,
    add,
    add_data,
    add_json,
    add_overrides,
    add_pipeline,
    path,
    path_text,
    pipeline_of,
    positive,
)
from commands.lineage import require_dataset, require_vectors
from pipelines import with_overrides
from store.errors import UsageError, UserError


def encoder(arguments: argparse.Namespace) -> None:
    """Check an encoder: how photos are fed to it, how long its vectors are, which photos it takes for alike.
    Neighbours are drawn as a picture. Exit 1 where something speaks against it, or a reference does not
    hold."""
    from featurize.feeding.check import check_encoder
    from featurize.neighbours import check_ending

    check_ending(arguments.out)
    settings = with_overrides([f"features.weights={json.dumps(arguments.model)}", *arguments.set])
    photos = list(_files(arguments.photos))
    weights = arguments.data / "weights"
    found = check_encoder(settings.features, weights, photos, arguments.reference, arguments.out)
    if arguments.json:
        answer("encoder", found.as_answer())
    else:
        print("\n".join(found.lines()))
    if found.nearest and not arguments.json:
        print(f"neighbours are drawn in {arguments.out}")
    if found.doubts:
        more = f", and {len(found.doubts) - 1} more" if len(found.doubts) > 1 else ""
        raise UserError(f"{arguments.model} may be fed wrongly: {found.doubts[0]}{more}")


def find(arguments: argparse.Namespace) -> None:
    """Find photos of the dataset by words, or those that are most like another photo. By words it takes an
    encoder with a text tower (`features.text`); without one, captions and labels are searched."""
    from featurize.words.find import Finder

    if (arguments.words is None) == (arguments.photo is None):
        raise UsageError("find takes words, or --photo FILE: one of the two")
    pipeline = pipeline_of(arguments)
    require_dataset(pipeline)
    options = pipeline.settings.features
    by_vectors = arguments.photo is not None or options.text is not None
    if by_vectors:
        require_vectors(pipeline)
    cache = pipeline.feature_cache if by_vectors else pipeline.features
    finder = Finder(options, pipeline.dataset, cache, pipeline.weights)
    if arguments.photo is not None:
        found = finder.by_photo(arguments.photo, arguments.count)
    else:
        found = finder.by_words(arguments.words, arguments.count)
    if found.remark:
        print(found.remark, file=sys.stderr)
    if arguments.json:
        answer("find", found)
    else:
        print("\n".join(found.lines()))


def _files(photos: Iterable[Path]) -> Iterable[Path]:
    """Yield the files that were named, and those in the folders that were named, sorted.

    Raises:
        UsageError: one does not exist, or a folder is empty.
    """
    for place in photos:
        files = sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else [place]
        if not files or not files[0].is_file():
            raise UsageError(f"{place} holds no photo. Name a photo, or a folder of photos")
        yield from files


def register(commands: Commands) -> None:
    """Add these commands to the parser."""
    command = add(commands, encoder)
    command.add_argument("action", choices=["check"], help="what to do")
    command.add_argument(
        "model", type=path_text, metavar="MODEL", help="as features.weights: an .onnx, a .caffemodel"
    )
    command.add_argument("photos", nargs="+", type=path, metavar="PHOTO", help="photos, or folders of them")
    add_overrides(command, "such as features.preprocess=clip")
    command.add_argument(
        "--reference",
        type=path,
        metavar="FILE",
        help="the vectors that the first photos should have: .npy or JSON",
    )
    command.add_argument(
        "--out", type=path, default=Path("neighbours.png"), help="the picture (neighbours.png)"
    )
    add_json(command)
    add_data(command)
    command = add(commands, find)
    command.add_argument("words", nargs="?", metavar="WORDS", help="what photos should show")
    add_pipeline(command)
    command.add_argument(
        "--photo", type=path_text, metavar="FILE", help="a photo, or the sha256 of one of the dataset"
    )
    command.add_argument("--count", type=positive, default=24, metavar="N", help="photos at most (24)")
    add_json(command)
