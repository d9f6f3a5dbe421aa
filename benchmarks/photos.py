"""Whether every door takes the same photos and sees the same picture, over the files of public test suites.

    python -m benchmarks.photos FOLDER [FOLDER …]

The folders hold the files of a suite, such as Tests/images of python-pillow/Pillow, PngSuite, and
recurser/exif-orientation-examples. Each file goes through the crawl, the features, and the web app: their
verdict, size, format and hash are compared. Printed as JSON: how many files there are, how many photos are
taken, refused by the limits, and unusable, the files about which two doors disagree, and the peak of memory.
"""

import argparse
import json
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from crawler.parsing.images import photo_row
from featurize.feeding.presets import PRESETS
from featurize.preprocess import Recipe
from store.photo.description import perceptual_hash
from store.photo.errors import OutsideLimits, UnusablePhoto
from web.pictures import UnusablePhoto as UnusableUpload
from web.pictures import jpeg, opened

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NEAR = 8
"""Bits of the hash that a picture decoded whole may differ in from one that was decoded small."""
SAME = 12
"""The most that a page's JPEG may differ from the picture, on the mean over 16 cells, of 255."""
RECIPES = [Recipe(method, 224) for method in PRESETS]


def disagreements(content: bytes) -> Iterator[str]:
    """Yield what two doors say differently of a file; first `taken`, `outside limits` or `unusable`."""
    row = photo_row(content, "http://photo.bokete.test/a.jpg", NOW, 200)
    try:
        for recipe in RECIPES:
            recipe.prepare(content)
        yield "taken"
        features: str | None = None
    except UnusablePhoto as error:
        yield "outside limits" if isinstance(error, OutsideLimits) else "unusable"
        features = str(error)
    if row["error"] != features:
        yield f"the crawl says {row['error']}, features {features}"
    try:
        picture = opened(content)
    except UnusableUpload as error:
        if features is None or features not in str(error):
            yield f"features say {features}, the web app {error}"
        return
    if features is not None:
        yield f"features say {features}, the web app takes it"
        return
    if (row["width"], row["height"], row["format"]) != (picture.width, picture.height, picture.format):
        yield f"the crawl says {row['width']}x{row['height']}, the web app {picture.width}x{picture.height}"
    bits = (int(str(row["phash"]), 16) ^ int(perceptual_hash(picture.image), 16)).bit_count()
    if bits > NEAR:
        yield f"decoded whole, it has a hash {bits} bits from the crawl's"
    shown = Image.open(BytesIO(jpeg(picture, 600)))
    # In grey and in a few cells: a JPEG halves the colours of an icon, which no photo suffers from.
    cells = [
        np.asarray(image.convert("L").resize((4, 4), Image.Resampling.BOX), np.float32)
        for image in (shown, picture.image)
    ]
    apart = np.abs(cells[0] - cells[1]).mean()
    if apart > SAME:
        yield f"the page shows a picture that is {apart:.0f} of 255 away"


def measure(folders: list[Path]) -> dict[str, object]:
    """Return counts, disagreements and the peak of memory over all files of some folders."""
    counts: Counter[str] = Counter()
    differ: dict[str, list[str]] = {}
    for path in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        verdict, *others = disagreements(path.read_bytes())
        counts[verdict] += 1
        if others:
            differ[path.name] = others
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"files": counts.total(), **counts, "disagree": differ, "peak_megabytes": round(peak / 1000)}


def main() -> None:
    """Print the figures as JSON; end with 1 where doors disagree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    figures = measure(parser.parse_args().folders)
    print(json.dumps(figures, indent=1))
    sys.exit(bool(figures["disagree"]))


if __name__ == "__main__":
    main()
