"""What limits of time are multiples of, each measured in the same run as what it limits."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.dataset.measure import tokenise
from benchmarks.size.make import NAME
from store.photo.description import describe

HIDDEN, TOKENS = 100, 12
"""Of the pipeline's model, and of a caption on average."""
FEW = 300
"""Photos that the network itself is measured on."""
_OF_A_PHOTO = 0.72e9
"""CaffeNet's multiplications for a photo."""
_SIDE, _REPEATS = 2048, 5

MEANINGS = {
    "start": "`bokeru settings`: what any command takes to begin",
    "read": "reading all captions and photos of the crawl's Parquet",
    "hash": "sha256 of all bytes of the crawl, on one core",
    "decode": "decoding and hashing all photos, on one core",
    "mecab": "MeCab over all captions, on one core",
    "vectors": "reading all vectors' Parquet",
    "gemm": "the output layer's products of an epoch, a caption a photo, at the rate of square ones",
    "network": "CaffeNet's operations for the few photos, at the same rate",
}


def yardsticks(folder: Path) -> dict[str, float]:
    """Return the seconds of each yardstick but `start` on the pipeline in `folder`, with its dataset."""
    data = folder / "data"
    crawl, vectors = data / NAME / "crawl", sorted((data / "features").rglob("*.parquet"))
    pages, images = sorted((crawl / "pages").glob("*")), sorted((crawl / "images").glob("*"))
    texts = [text for path in pages for text in _texts(path)]
    photos = pq.ParquetFile(images[0]).read_row_group(0, ["bytes"])["bytes"].to_pylist()
    number = sum(pq.read_metadata(path).num_rows for path in images)
    tokens = json.loads((data / NAME / "dataset" / "vocabulary.json").read_bytes())["tokens"]
    rate = _multiplications()
    return {
        "read": _timed(lambda: [pq.ParquetFile(path).read() for path in pages + images]),
        "hash": _timed(lambda: [hashlib.sha256(path.read_bytes()) for path in pages + images]),
        "decode": _timed(lambda: [describe(photo) for photo in photos]) * number / len(photos),
        "mecab": min(tokenise(texts)),
        "vectors": _timed(lambda: [_stream(path) for path in vectors]),
        # Three products a token: the scores, the gradient of the weights, and that of the states.
        "gemm": 3 * number * TOKENS * HIDDEN * len(tokens) / rate,
        "network": FEW * _OF_A_PHOTO / rate,
    }


def _texts(path: Path) -> list[str]:
    bokes = pq.ParquetFile(path).read(["bokes"])["bokes"].combine_chunks().flatten()
    texts: list[str] = bokes.field("text").to_pylist()
    return texts


def _stream(path: Path) -> int:
    return sum(len(batch) for batch in pq.ParquetFile(path).iter_batches(1000))


def _timed(work: Callable[[], object]) -> float:
    """Return the seconds by the clock, or the processor's where these are fewer, as `Cost.time` does."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return min(time.perf_counter() - started, time.process_time() - used)


def _multiplications() -> float:
    """Return how many multiplications a second square products of float32 reach on all cores."""
    square = np.ones((_SIDE, _SIDE), np.float32)
    square @ square
    seconds = min(_timed(lambda: square @ square) for _ in range(_REPEATS))
    return _SIDE**3 / seconds
