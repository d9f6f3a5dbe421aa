"""How many copies of its photos `bokeru contains` finds in a pipeline, and strangers: by hashes, by vectors.

    python -m benchmarks.contains --pipeline demo [--data data] [--photos 100] [--set KEY=VALUE ...]

Of so many photos of the dataset, drawn by chance, there is a copy each that was resized, cut by 5%, mirrored
or recompressed, one with all four at once, and a part (the middle, three fifths of each side). Strangers are
photos of the embedded site under a seed that no pipeline of ours has. Vectors are those of the settings: make
them first (`bokeru features`, with the same --set). A copy counts as found where its original is named, and
beside it stands of how many copies another photo was named, too.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageOps

from benchmarks.near.drawn import COPIES, embedded, saved
from commands.pipeline import Pipeline
from dataset import read
from dataset.held.contains import contains
from featurize.extract import Extractor
from featurize.likeness.lookalikes import Lookalikes
from pipelines import load
from store.photo.decode import decode
from store.place import CONFIG
from web.content.library import Library

SINGLE = ("resized", "5% cut, half from each edge", "mirrored", "recompressed")
PART = 0.2
"""What a part lacks at each edge."""
Found = Callable[[bytes], set[str]]
"""Returns the photos that a file's is like, by sha256."""


def _within(image: Image.Image, share: float) -> Image.Image:
    """Return a picture without a share of it at each edge."""
    wide, high = image.size
    left, top = round(wide * share), round(high * share)
    return image.crop((left, top, wide - left, high - top))


def changed(image: Image.Image, random: Random) -> bytes:
    """Return a copy resized, mirrored, cut by 5% and recompressed: all at once."""
    cut, share = _within(image, 0.025), random.uniform(0.5, 1.5)
    resized = cut.resize((round(cut.width * share), round(cut.height * share)))
    return saved(ImageOps.mirror(resized), quality=random.randint(40, 80))


def copies(image: Image.Image, number: int) -> dict[str, bytes]:
    """Return a photo's copies by what was done to it."""
    random = Random(number)
    return {
        "one of four changes": COPIES[SINGLE[number % len(SINGLE)]](image, random),
        "all four": changed(image, random),
        "a part": saved(_within(image, PART)),
    }


def by_hashes(pipeline: Pipeline) -> Found:
    """Return what `bokeru contains` finds without vectors."""
    return lambda content: {
        match.sha256 for match in contains("copy", pipeline, content=content).matches if match.sha256
    }


def by_vectors(pipeline: Pipeline) -> Found:
    """Return what it finds by vectors alone."""
    looks = Lookalikes(pipeline.feature_cache, pipeline.dataset)
    extractor = Extractor(pipeline.settings.features, pipeline.weights)
    return lambda content: set(looks.of(extractor.vectors([content])[0]))


def main() -> None:
    """Print a row per kind of copy, and one of strangers."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--pipeline", required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    settings = load(arguments.pipeline, CONFIG, arguments.set)
    pipeline = Pipeline(arguments.data, arguments.pipeline, settings=settings)
    ways = {"hashes": by_hashes(pipeline), "vectors": by_vectors(pipeline)}
    sha256s = sorted(read.photos(pipeline.dataset)["sha256"].to_pylist())
    chosen = np.random.default_rng(0).permutation(len(sha256s))[: arguments.photos]
    print("| of | " + " | ".join(f"by {way}: found | others" for way in (*ways, "both")) + " |")
    print("| --- " + "| ---: " * 6 + "|")
    library, counts = Library(patience=None), dict[str, list[list[set[str]]]]()
    originals = [sha256s[number] for number in chosen]
    for number, sha256 in enumerate(originals):
        image = decode(library.photo_bytes(pipeline, sha256)).image.convert("RGB")
        for kind, copy in copies(image, number).items():
            counts.setdefault(kind, []).append([find(copy) for find in ways.values()])
    for kind, found in counts.items():
        _row(kind, found, originals)
    drawn = [saved(embedded(10_000 + number)) for number in range(len(chosen))]
    _row("strangers", [[find(content) for find in ways.values()] for content in drawn], [""] * len(drawn))


def _row(kind: str, found: list[list[set[str]]], originals: list[str]) -> None:
    cells = []
    for way in (0, 1, None):
        named = [one[way] if way is not None else one[0] | one[1] for one in found]
        right = sum(original in each for each, original in zip(named, originals, strict=True))
        others = sum(bool(each - {original}) for each, original in zip(named, originals, strict=True))
        cells += [f"{right}", f"{others}"]
    print(f"| {len(found)} of {kind} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
