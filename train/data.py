"""What training reads: a split's captions as arrays, and its photos' vectors.

P photos, D components of a photo's vector.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset import read
from dataset.text.vocabulary import BOS, EOS, Vocabulary
from featurize.read import vectors
from store.errors import DamagedFile, MissingStage, UserError
from store.manifest import changed, read_manifest
from store.place import Place
from store.whole_file import read_object
from train.examples import Examples
from train.model import Array


@dataclass(frozen=True)
class Split:
    """A split as the model reads it, and as people wrote it.

    Attributes:
        name: train or dev.
        examples: captions as ids.
        texts: each caption as it was written, in the order of `examples`.
        tokens: each caption's tokens, in the order of `examples`.
        labels: what is in each photo, in the order of `examples.photos`; empty where it is unknown.
        vectors: (P, D) float32, raw, in the order of `examples.photos`.
        left_out: how many captions are longer than the limit.
    """

    name: str
    examples: Examples
    texts: list[str]
    tokens: list[list[str]]
    labels: list[list[str]]
    vectors: Array
    left_out: int


def read_split(
    dataset: Path, features: Path, name: str, vocabulary: Vocabulary, max_tokens: int, source: str = "photo"
) -> Split:
    """Read split `name`, its photos sorted by sha256; captions of over `max_tokens` tokens are left out.

    Args:
        name: train or dev.
        source: `photo`, or `random`: a random vector stands for each photo, always the same one.

    Raises:
        UserError: a photo has no vector, or one that is not finite.
        MissingStage: the dataset or the features are not there.
    """
    columns = ["sha256", "text", "tokens", "stars"]
    rows = [row for row in read.captions(dataset, name).select(columns).to_pylist() if row["tokens"]]
    kept = [row for row in rows if len(row["tokens"]) <= max_tokens]
    photos = dict.fromkeys(row["sha256"] for row in kept)
    # A dataset's rows follow its crawl; the model must not. What 0.1 built keeps its order: its runs go on.
    photo_rows = {s: n for n, s in enumerate(photos if read.older_layout(dataset) else sorted(photos))}
    kept.sort(key=lambda row: photo_rows[row["sha256"]])  # `Examples` wants a photo's captions together
    labels = {row["sha256"]: row["labels"] or [] for row in read.photos(dataset, name).to_pylist()}
    examples = Examples.build(
        list(photo_rows),
        [photo_rows[row["sha256"]] for row in kept],
        [vocabulary.encode(row["tokens"]) for row in kept],
        [row["stars"] or 0 for row in kept],
        BOS,
        EOS,
    )
    return Split(
        name,
        examples,
        texts=[row["text"] for row in kept],
        tokens=[row["tokens"] for row in kept],
        labels=[labels[sha256] for sha256 in photo_rows],
        vectors=_photo_vectors(features, examples.photos, source, Place.of(dataset)),
        left_out=len(rows) - len(kept),
    )


def _photo_vectors(features: Path, photos: Sequence[str], source: str, place: Place) -> Array:
    """Return the vectors (P, D) float32 of photos given by their sha256."""
    # The features stage may have computed nothing at all for a split without photos.
    found = vectors(features, photos, place) if photos else np.zeros((0, 1), np.float32)
    broken = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(broken):
        raise UserError(
            f"The vectors of {len(broken):,} photos in {features} are not finite, the first that of "
            f"{photos[broken[0]]}. Delete that folder and run: {place.command('features')}"
        )
    if source == "random" and photos:
        found = np.stack([random_vector(sha256, found.shape[1]) for sha256 in photos])
    return found


def random_vector(sha256: str, dimensions: int) -> Array:
    """Return a (dimensions,) float32 vector of N(0, 1) that identifies a photo and says nothing about it."""
    random = np.random.default_rng(list(sha256.encode()))  # NumPy takes integers, not text, as a seed
    return random.standard_normal(dimensions, np.float32)


def require_as_built(dataset: Path) -> None:
    """Check, as far as that costs little, that a dataset's files are those that its manifest lists.

    Card and charts are for people.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: one is missing, or is another.
    """
    dataset_manifest(dataset)
    if names := [name for name in changed(dataset) if not name.endswith((".md", ".svg"))]:
        remedy = f"Build it again: {Place.of(dataset).command('dataset')}"
        raise DamagedFile(dataset / names[0], "it is missing, or not as the dataset was built", remedy)


def dataset_manifest(dataset: Path) -> Mapping[str, Any]:
    """Return the dataset's manifest; its `fingerprint` identifies what the dataset was made from.

    Raises:
        MissingStage: there is no dataset.
    """
    manifest = read_manifest(dataset)
    if manifest is None:
        raise MissingStage(dataset, Place.of(dataset).command("dataset"))
    return manifest


def feature_settings(features: Path) -> dict[str, Any]:
    """Return the settings that made the vectors in `features`: a new photo's vector is made with the same.

    Raises:
        DamagedFile: settings.json is not a JSON object.
    """
    try:
        return read_object(features / "settings.json")
    except FileNotFoundError:
        return {}


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
