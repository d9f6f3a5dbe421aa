"""How many near copies of each kind are found, and whether any stranger is joined.

    python -m benchmarks.near [--photos 10000]

Strangers (clouds with shapes, photos of the embedded site), pictures without content (cards and pages of
words, line drawings) and copies of some strangers are looked at as a build does. Printed as JSON: of each
kind of copy the share that is near to its original; pairs of pictures that show different things; the
milliseconds of CPU that a photo's look takes, the seconds in which all pairs are found, and the same for
hashes drawn by chance.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from benchmarks.near.drawn import COPIES, card, embedded, line_drawing, page, photo, saved
from dataset.options import DatasetOptions
from store.photo.decode import decode
from store.photo.description import ENOUGH
from store.photo.near.copies import near_copies
from store.photo.near.kept import KeptLooks, packed
from store.photo.near.look import look
from store.photo.near.pairs import near_hashes

BITS = DatasetOptions().near_duplicate_bits
STRANGER, BLANK = "stranger", "no content"


def pictures(photos: int) -> Iterator[tuple[str, int, bytes]]:
    """Yield about `photos` pictures: their kind, which original they show, and their bytes."""
    copied, random = photos * 3 // 10 // len(COPIES), Random(1)
    sites, cards = photos // 20, photos * 15 // 100
    strangers = photos - sites - cards - photos // 20 - copied * len(COPIES)
    for seed in range(strangers + sites):
        image = photo(seed) if seed < strangers else embedded(seed - strangers)
        yield STRANGER, seed, saved(image)
    every = (strangers + sites) // copied
    for seed in range(0, every * copied, every):
        image = photo(seed) if seed < strangers else embedded(seed - strangers)
        for kind, copy in COPIES.items():
            yield kind, seed, copy(image, random)
    for seed in range(cards):
        yield BLANK, -1, saved(card(seed))
    for seed in range(photos // 60):
        yield BLANK, -1, saved(page(seed))
        yield BLANK, -1, line_drawing(seed)


def measured(photos: int, folder: Path) -> dict[str, object]:
    """Return the figures."""
    shown: dict[str, tuple[str, int]] = {}
    kept, seconds = KeptLooks(folder), 0.0
    with kept.writer() as writer:
        for kind, original, content in pictures(photos):
            started = time.process_time()
            seen = look(decode(content, ENOUGH, grey=True).image)
            seconds += time.process_time() - started
            sha256 = hashlib.sha256(content).hexdigest()
            shown[sha256] = kind, original
            writer.append({"sha256": sha256, "width": 1, "height": 1, "phash": "", **packed(seen)})
    started = time.process_time()
    pairs = near_copies(kept, pa.array(list(shown)), BITS)
    return {
        "photos": len(shown),
        "look, ms a photo": round(1000 * seconds / len(shown), 2),
        "all pairs, s": round(time.process_time() - started, 2),
        **_found(shown, pairs),
    }


def _found(shown: dict[str, tuple[str, int]], pairs: list[tuple[str, str]]) -> dict[str, object]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    false: Counter[str] = Counter()
    for pair in pairs:
        (kind, original), (other, same) = sorted(
            (shown[one] for one in pair), key=lambda one: one[0] != STRANGER
        )
        if original < 0 or same != original:
            false[" with ".join(sorted((kind, other)))] += 1
        elif kind == STRANGER:
            found[other].add(original)
    there = Counter(kind for kind, _ in shown.values())
    return {
        "recall": {kind: round(len(found[kind]) / there[kind], 3) for kind in COPIES if there[kind]},
        "copies of each kind": there[next(iter(COPIES))],
        "pairs of strangers": dict(false),
    }


def growth() -> dict[str, float]:
    """Return the seconds that near ones among so many hashes, drawn by chance, take."""
    seconds = {}
    for views in (100_000, 200_000, 400_000, 800_000):
        hashes = np.random.default_rng(1).integers(0, 2**64, views, np.uint64)
        started = time.process_time()
        near_hashes(hashes, np.arange(views), BITS)
        seconds[f"{views:,}"] = round(time.process_time() - started, 2)
    return seconds


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="recall and false pairs of near copies")
    parser.add_argument("--photos", type=int, default=10_000)
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(parser.parse_args().photos, Path(folder))
    print(json.dumps({**figures, "near hashes, s": growth()}, indent=1))


if __name__ == "__main__":
    main()
