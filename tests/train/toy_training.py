"""A dataset and vectors small enough to train on in a second; each photo's vector encodes its noun."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dataset.text.vocabulary import BOS, EOS, Vocabulary
from store.chainer_compat import chainer
from store.manifest import write_manifest
from store.schema import PHOTOS, features
from store.shards import ShardWriter, whole_parquet
from train.arithmetic.processes import SingleProcess
from train.examples import Examples
from train.job import Job
from train.model import Array, CaptionModel, Sizes
from train.options import TrainOptions
from train.prepare import prepare

NOUNS = ("犬", "猫", "寿司", "車")
D = 8


@dataclasses.dataclass(frozen=True)
class Toy:
    """The directories of the toy's stages."""

    dataset: Path
    features: Path
    runs: Path


def options(**changed: Any) -> TrainOptions:
    """Return settings that train in a second."""
    small = {
        "embedding": 8,
        "hidden": 12,
        "epochs": 2,
        "batch_size": 4,
        "device": "cpu",
        "learning_rate": 0.01,
    }
    return TrainOptions.model_validate(small | changed)


def toy(root: Path, photos: int = 24, captions: int = 2, dev: int = 6, seed: int = 0) -> Toy:
    """Write a dataset of `photos` + `dev` photos and the vectors of all of them under `root`."""
    random = np.random.default_rng(seed)
    directions = random.standard_normal((len(NOUNS), D))
    splits: dict[str, list[dict[str, Any]]] = {}
    vectors: dict[str, Array] = {}
    for split, number in (("train", photos), ("dev", dev)):
        splits[split] = [_photo(f"{split}{place}", place, captions, random) for place in range(number)]
        for row in splits[split]:
            noise = 0.3 * random.standard_normal(D)
            vectors[row["sha256"]] = directions[NOUNS.index(row["labels"][0])] + noise
    return _write(root, splits, vectors, f"toy-{photos}-{captions}-{dev}-{seed}")


def written(root: Path, train: list[list[list[str]]], dev: list[list[list[str]]]) -> Toy:
    """Write a dataset of photos with these captions, given as tokens, and random vectors of the photos."""
    random = np.random.default_rng(0)
    splits = {
        split: [_row(f"{split}{place}", place, captions, []) for place, captions in enumerate(photos)]
        for split, photos in (("train", train), ("dev", dev))
    }
    vectors = {row["sha256"]: random.standard_normal(D) for rows in splits.values() for row in rows}
    return _write(root, splits, vectors, "written")


def _write(
    root: Path, splits: dict[str, list[dict[str, Any]]], vectors: dict[str, Array], fingerprint: str
) -> Toy:
    made = Toy(root / "toy" / "dataset", root / "features" / "toy-fc7-00000000", root / "toy" / "runs")
    with ShardWriter(made.features, "vectors", features(D)) as shards:
        for sha256, vector in vectors.items():
            shards.append({"sha256": sha256, "outcome": "ok", "vector": vector.tolist()})
    counts: dict[str, int] = {}
    for split, rows in splits.items():
        for token in (token for row in rows for caption in row["captions"] for token in caption["tokens"]):
            counts[token] = counts.get(token, 0) + (split == "train")
        with whole_parquet(made.dataset / "data" / f"{split}-00000-of-00001.parquet", PHOTOS) as writer:
            writer.write_table(pa.Table.from_pylist(rows, schema=PHOTOS))
    Vocabulary.from_counts(counts).save(made.dataset / "vocabulary.json")
    write_manifest(made.dataset, "dataset", fingerprint)
    return made


def _photo(sha256: str, odai: int, captions: int, random: np.random.Generator) -> dict[str, Any]:
    noun = NOUNS[int(random.integers(len(NOUNS)))]
    texts, stars = [], []
    for _ in range(captions):
        adverbs = ["とても"] * int(random.integers(4))
        texts.append([noun, "が", *adverbs, "来た" if random.random() < 0.5 else "寝た"])
        stars.append(int(random.integers(100)))
    return _row(sha256, odai, texts, [noun], stars)


def _row(
    sha256: str, odai: int, texts: list[list[str]], labels: list[str], stars: list[int] | None = None
) -> dict[str, Any]:
    captions = [
        {"boke_id": 100 * odai + number, "odai_id": odai, "text": "".join(tokens), "tokens": tokens,
         "stars": given, "raters": 1}
        for number, (tokens, given) in enumerate(zip(texts, stars or [0] * len(texts), strict=True))
    ]  # fmt: skip
    return {"sha256": sha256, "odai_ids": [odai], "labels": labels, "captions": captions}


def examples(captions: int = 60, photos: int = 20, vocabulary: int = 50, seed: int = 0) -> Examples:
    """Return random captions of 1 to 9 tokens."""
    random = np.random.default_rng(seed)
    texts = [random.integers(4, vocabulary, random.integers(1, 10)).tolist() for _ in range(captions)]
    photo = random.integers(0, photos, captions).tolist()
    stars = random.integers(0, 9, captions).tolist()
    return Examples.build([f"sha{number}" for number in range(photos)], photo, texts, stars, BOS, EOS)


def model(vocabulary: int = 50, seed: int = 0, **sizes: Any) -> CaptionModel:
    """Return an untrained model that reads vectors of D components."""
    return CaptionModel.fresh(
        Sizes(vocabulary=vocabulary, vector=D, **({"embedding": 5, "hidden": 6} | sizes)), seed
    )


def vectors(photos: int = 20, seed: int = 0) -> Array:
    """Return random raw photo vectors (photos, D) float32."""
    return np.random.default_rng(seed).standard_normal((photos, D), np.float32) * 3 + 1


def job(toy: Toy, **settings: Any) -> Job:
    """Return a run that is ready to train, in a folder that is not there yet."""
    run = toy.runs / "unwritten"
    cpu = chainer.get_device("@numpy")
    return prepare(
        options(**settings), toy.dataset, toy.features, run, "no fingerprint", SingleProcess(), cpu
    )
