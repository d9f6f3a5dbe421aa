"""What training reads: a split's captions as arrays, and its photos' vectors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset import read
from dataset.text.vocabulary import BOS, EOS, Vocabulary
from featurize.read import vectors
from store.errors import DamagedFile, MissingStage, UserError
from store.manifest import read_manifest
from train.examples import Examples
from train.model import Array


@dataclass(frozen=True)
class Split:
    """A split as the model sees it, and as people wrote it.

    Attributes:
        name: train or dev.
        examples: captions as ids.
        texts: each caption as it was written, in the order of `examples`.
        tokens: each caption's, as the dataset has them.
        labels: what is in each photo, in the order of `examples.photos`; empty where nobody knows.
        vectors: (P, D) float32, raw.
        left_out: captions longer than the limit.
    """

    name: str
    examples: Examples
    texts: list[str]
    tokens: list[list[str]]
    labels: list[list[str]]
    vectors: Array
    left_out: int


def split(
    dataset: Path, features: Path, name: str, vocabulary: Vocabulary, max_tokens: int, shown: str = "photo"
) -> Split:
    """Read split `name`; captions of more than `max_tokens` tokens are left out.

    Args:
        shown: `photo`, or `random`: noise takes the vectors' place, the same for a photo always.

    Raises:
        UserError: a photo has no vector.
        MissingStage: the dataset or the features are not there.
    """
    columns = ["sha256", "text", "tokens", "stars"]
    rows = [row for row in read.captions(dataset, name).select(columns).to_pylist() if row["tokens"]]
    short = [row for row in rows if len(row["tokens"]) <= max_tokens]
    place = {sha256: number for number, sha256 in enumerate(dict.fromkeys(row["sha256"] for row in short))}
    short.sort(key=lambda row: place[row["sha256"]])
    labels = {row["sha256"]: row["labels"] or [] for row in read.photos(dataset, name).to_pylist()}
    examples = Examples.build(
        list(place),
        [place[row["sha256"]] for row in short],
        [vocabulary.encode(row["tokens"]) for row in short],
        [row["stars"] or 0 for row in short],
        BOS,
        EOS,
    )
    found = vectors(features, examples.photos) if short else np.zeros((0, 1), np.float32)
    broken = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(broken):
        raise UserError(
            f"The vectors of {len(broken):,} photos in {features} are not finite, the first that of "
            f"{examples.photos[broken[0]]}. Delete that folder and run: bokeru features"
        )
    if shown == "random":
        found = np.stack([noise(sha256, found.shape[1]) for sha256 in examples.photos])
    texts = [row["text"] for row in short]
    return Split(
        name,
        examples,
        texts,
        [row["tokens"] for row in short],
        [labels[sha256] for sha256 in place],
        found,
        len(rows) - len(short),
    )


def noise(sha256: str, dimensions: int) -> Array:
    """Return a vector (dimensions,) that tells a photo from others, and nothing about it."""
    random = np.random.default_rng(list(sha256.encode()))
    return random.standard_normal(dimensions, np.float32)


def identity(dataset: Path) -> Mapping[str, Any]:
    """Return the dataset's manifest: what it was made from, by its `fingerprint`.

    Raises:
        MissingStage: there is no dataset.
    """
    manifest = read_manifest(dataset)
    if manifest is None:
        raise MissingStage(dataset, f"bokeru dataset --pipeline {dataset.parent.name}")
    return manifest


def feature_settings(features: Path) -> dict[str, Any]:
    """Return the settings behind the vectors in `features`, so that a new photo gets the like."""
    path = features / "settings.json"
    try:
        settings = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise DamagedFile(path, f"no JSON ({error})") from error
    return dict(settings)


def require_captions(train: Split, dataset: Path, max_tokens: int) -> None:
    """Raise UserError where there is nothing to learn from."""
    if len(train.examples):
        return
    if train.left_out:
        raise UserError(
            f"All {train.left_out:,} training captions have more than {max_tokens} tokens. "
            "Raise train.max_tokens, or lower dataset.max_characters."
        )
    raise UserError(
        f"{dataset} has no training captions. Lower dataset.dev_fraction or its filters, or crawl more."
    )
