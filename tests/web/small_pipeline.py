"""A whole pipeline in a second, written by the real stages: crawl, dataset, vectors, a run."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset.build.stage import build
from dataset.options import DatasetOptions
from dataset.read import photos
from store.photo.decode import Picture
from store.place import Place
from store.schema import features
from store.shards import ShardWriter
from store.whole_file import write_json
from tests.crawl_tables import crawl
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.options import TrainOptions

D = 16
KEY = "small-fc7-00000000"


def vector(content: bytes) -> list[float]:
    """What the stand-in for CaffeNet sees: numbers that follow from the photo's bytes."""
    seed = int.from_bytes(hashlib.sha256(content).digest()[:8])
    return np.random.default_rng(seed).normal(size=D).tolist()  # type: ignore[no-any-return]


class Extractor:
    """Takes the place of featurize's, which needs a network of 233 MB."""

    def __init__(self, *_: Any) -> None:
        self.dimensions = D

    def vectors(self, photos: Sequence[bytes | Picture]) -> np.ndarray[Any, Any]:
        contents = [photo.content if isinstance(photo, Picture) else photo for photo in photos]
        return np.array([vector(content) for content in contents], np.float32).reshape(-1, D)


def make(
    data: Path, pipeline: str = "demo", count: int = 40, captions: int = 4, trained: bool = True
) -> Place:
    """Run the stages of a pipeline over a made-up crawl; return where they lie."""
    place = Place(data, pipeline)
    crawl(place.crawl, count, captions)
    build(DatasetOptions(dev_fraction=0.25), [place.crawl], place.dataset, name=pipeline)
    with ShardWriter(place.features / KEY, "vectors", features(D)) as shards:
        for sha256 in photos(place.dataset)["sha256"].to_pylist():
            shards.append({"sha256": sha256, "outcome": "ok", "vector": vector(sha256.encode())})
    write_json(place.features / KEY / "settings.json", {})
    if trained:
        train(place)
    return place


def train(place: Place, **settings: Any) -> Path:
    """Train and evaluate a run; return its directory."""
    options = {
        "epochs": 3,
        "embedding": 8,
        "hidden": 12,
        "batch_size": 16,
        "learning_rate": 0.02,
        "device": "cpu",
        "fused": False,
    }
    run = fit(TrainOptions(**{**options, **settings}), place.dataset, place.features / KEY, place.runs)
    evaluate(run, place.dataset, place.features / KEY)
    return run
