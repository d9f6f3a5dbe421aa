"""How many near copies of each kind are found, and whether any stranger is joined.

    python -m benchmarks.near [--photos 10000]

Strangers (clouds with shapes, photos of the embedded site), pictures without content (cards and pages of
words, line drawings) and copies of some strangers are looked at as a build does. Printed as JSON: of each
kind of copy the share that is near to its original; pairs of pictures that show different things; the
milliseconds of CPU that a photo's look takes, the seconds in which all pairs are found, and how the latter
grow with hashes that are drawn, by chance and as copies of some patterns, and with copies of one photo.
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
from store.photo.near.kept import KeptLooks
from store.photo.near.look import look
from store.photo.near.packed import packed
from store.photo.near.pairs import near_hashes

BITS = DatasetOptions().near_duplicate_bits
_VIEWS = 20
"""Views of a photo whose hashes are drawn; two of them ask."""
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


def crowd(copies: int, folder: Path) -> dict[str, float]:
    """Return how many pairs so many copies of one photo make, recompressed and resized, and in which time.

    `largest group` is what follows for a build: a copy of a copy is in its group.
    """
    random, kept, original, names = Random(2), KeptLooks(folder), photo(0), set()
    with kept.writer() as writer:
        for _ in range(copies):
            share, quality = random.uniform(0.5, 1.5), random.randrange(60, 96)
            resized = original.resize((round(original.width * share), round(original.height * share)))
            content = saved(resized, quality=quality)
            names.add(sha256 := hashlib.sha256(content).hexdigest())
            seen = packed(look(decode(content, ENOUGH, grey=True).image))
            writer.append({"sha256": sha256, "width": 1, "height": 1, "phash": "", **seen})
    started = time.process_time()
    pairs = near_copies(kept, pa.array(sorted(names)), BITS)
    seconds = round(time.process_time() - started, 2)
    return {"copies": len(names), "pairs": len(pairs), "s": seconds, "largest group": _largest_group(pairs)}


def _largest_group(pairs: list[tuple[str, str]]) -> int:
    leader: dict[str, str] = {}

    def leading(name: str) -> str:
        while (above := leader.setdefault(name, name)) != name:
            name = above
        return name

    for one, other in pairs:
        leader[leading(one)] = leading(other)
    return max(Counter(map(leading, list(leader))).values(), default=0)


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


def growth(patterns: int) -> dict[str, float]:
    """Return the seconds in which near ones are found among the hashes of so many photos.

    Args:
        patterns: each photo's hash is one of so many, with every bit turned by a chance of 0.15; 0: any hash.
    """
    seconds = {}
    for photos in (25_000, 50_000, 100_000):
        hashes, photo = hashes_of(photos, patterns)
        started = time.process_time()
        near_hashes(hashes, np.arange(0, len(hashes), _VIEWS // 2), BITS, photo)
        seconds[f"{photos:,}"] = round(time.process_time() - started, 2)
    return seconds


def hashes_of(photos: int, patterns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return hashes of _VIEWS views of each photo, and whose they are; views differ in every 25th bit."""
    source = np.random.default_rng(1)
    drawn = source.integers(0, 2**64, patterns or photos, np.uint64)
    if patterns:
        drawn = drawn[source.integers(0, patterns, photos)] ^ _turned(source, photos, 0.15)
    return np.repeat(drawn, _VIEWS) ^ _turned(source, photos * _VIEWS, 0.04), np.repeat(
        np.arange(photos), _VIEWS
    )


def _turned(source: np.random.Generator, count: int, chance: float) -> np.ndarray:
    bits = np.zeros(count, np.uint64)
    for bit in range(64):
        bits |= (source.random(count) < chance).astype(np.uint64) << np.uint64(bit)
    return bits


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="recall and false pairs of near copies")
    parser.add_argument("--photos", type=int, default=10_000)
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(parser.parse_args().photos, Path(folder))
        crowds = {f"{n:,}": crowd(n, Path(folder, str(n))) for n in (150, 300, 600, 1200)}
    grown = {f"{patterns} patterns" if patterns else "by chance": growth(patterns) for patterns in (0, 200)}
    grown_copies = {"so many copies of one photo": crowds}
    print(json.dumps({**figures, "near hashes of so many photos, s": grown, **grown_copies}, indent=1))


if __name__ == "__main__":
    main()
