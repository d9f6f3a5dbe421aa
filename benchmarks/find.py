"""Photos by words: an exact search among a million vectors in memory, beside what reading them takes.

    python -m benchmarks.find [--photos 1000000] [--values 512] [--precision float16]

Reading is one pass over the same bytes: their sum as whole numbers of 64 bits, by NumPy, on one core as the
search. Both are measured in turn, and the fastest of each counts. Expected: a search takes at most 4 times as
long.
"""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from featurize.read import Chosen
from featurize.words.find import COUNT
from featurize.words.search import best, cosines

TURNS = 5
MOST = 4.0
"""Times what reading takes, that a search may take."""
_PART = 10_000
"""Vectors that are drawn at once."""


def drawn(photos: int, values: int, precision: str) -> np.ndarray:
    """Return random vectors (photos, values)."""
    random, found = np.random.default_rng(0), np.empty((photos, values), precision)
    for start in range(0, photos, _PART):
        part = found[start : start + _PART]
        part[:] = random.standard_normal(part.shape, np.float32)
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that this thread's processor takes: another program's share is none of it."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def main() -> None:
    """Print both times and their ratio; end with 1 where it is too large."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--values", type=int, default=512)
    parser.add_argument("--precision", choices=["float16", "float32"], default="float16")
    arguments = parser.parse_args()
    vectors = drawn(arguments.photos, arguments.values, arguments.precision)
    chosen = Chosen(vectors, np.arange(len(vectors)))
    direction = np.random.default_rng(1).standard_normal(arguments.values, np.float32)
    whole = vectors.reshape(-1).view(np.uint64)
    turns = [
        (seconds(whole.sum), seconds(lambda: best(cosines(chosen, direction), COUNT))) for _ in range(TURNS)
    ]
    reading, searching = (min(each) for each in zip(*turns, strict=True))
    what = f"{len(vectors):,} vectors of {arguments.values} {arguments.precision}"
    print(f"{what} ({vectors.nbytes / 1e9:.2f} GB): read in {1000 * reading:.0f} ms,")
    print(f"searched in {1000 * searching:.0f} ms, {searching / reading:.2f} times as long")
    if searching > MOST * reading:
        sys.exit(f"A search may take {MOST:g} times as long as reading")


if __name__ == "__main__":
    main()
