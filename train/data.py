"""What training reads: a split's captions as arrays, and where its photos' vectors lie.

P photos, D components of a photo's vector.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import featurize.read
from dataset import read
from dataset.text.vocabulary import BOS, EOS, UNK, Vocabulary
from featurize.read import BLOCK, Chosen
from store.errors import DamagedFile, MissingStage, UserError
from store.manifest import changed, read_manifest
from store.place import Place
from store.whole_file import read_object
from train.examples import Examples
from train.model import Array, Photos


@dataclass(frozen=True)
class Split:
    """A split as the model reads it.

    Attributes:
        name: train or dev.
        examples: captions as ids.
        characters: (C,) int64 code points of each caption's text, in the order of `examples`. Whatever tokens
            it is cut into, they join to one text, so it has as many.
        vectors: (P, D) float32, raw, in the order of `examples.photos`: read where they are asked for; an
            array where they lie on a GPU.
        left_out: how many captions are longer than the limit.
    """

    name: str
    examples: Examples
    characters: Array
    vectors: Chosen
    left_out: int


def read_split(
    dataset: Path, features: Path, name: str, vocabulary: Vocabulary, max_tokens: int, source: str = "photo"
) -> Split:
    """Read split `name`, its photos sorted by sha256; captions of over `max_tokens` tokens are left out.

    No Python object is made for a photo, a caption or a token.

    Args:
        name: train or dev.
        source: `photo`, or `random`: a random vector stands for each photo, always the same one.

    Raises:
        UserError: a photo has no vector, or one that is not finite.
        MissingStage: the dataset or the features are not there.
    """
    known = pa.array(vocabulary.tokens)
    parts = [_encoded(table, known, max_tokens) for table in read.caption_tables(dataset, name)]
    photos = pa.concat_arrays([part.photos for part in parts]).dictionary_encode()  # by first appearance
    # A dataset's rows follow its crawl; the model must not. What 0.1 built keeps its order: its runs go on.
    order = np.arange(len(photos.dictionary))
    if not read.older_layout(dataset):
        order = pc.array_sort_indices(photos.dictionary).to_numpy().astype(np.int64)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    ids, lengths, characters, stars = (
        np.concatenate([getattr(part, field) for part in parts])
        for field in ("ids", "lengths", "characters", "stars")
    )
    names, photo = photos.dictionary.take(pa.array(order)), places[photos.indices.to_numpy()]
    examples = Examples.laid_out(names, photo, ids, lengths, stars, BOS, EOS)
    characters = characters[np.argsort(photo, kind="stable")]  # as `laid_out` lays the captions
    vectors = _photo_vectors(features, examples.photos, source, Place.of(dataset))
    return Split(name, examples, characters, vectors, sum(part.left_out for part in parts))


@dataclass(frozen=True)
class _Encoded:
    """Captions of a shard: the sha256 of each one's photo, ids of all, and each one's tokens, code points
    and stars."""

    photos: pa.Array
    ids: Array
    lengths: Array
    characters: Array
    stars: Array
    left_out: int


def _encoded(table: pa.Table, known: pa.Array, max_tokens: int) -> _Encoded:
    """Return the captions of a table that have a token, and at most `max_tokens`; ids are rows of `known`."""
    lengths = pc.list_value_length(table["tokens"]).fill_null(0)
    some = pc.greater(lengths, 0)
    kept = pc.and_(some, pc.less_equal(lengths, max_tokens))
    chosen = table.filter(kept).combine_chunks()
    words = pc.list_flatten(chosen["tokens"]).combine_chunks().dictionary_encode()
    ids = pc.index_in(words.dictionary, value_set=known).fill_null(UNK).to_numpy().astype(np.int32)
    tokens = lengths.filter(kept).to_numpy().astype(np.int64)
    sizes = pc.utf8_length(words.dictionary).to_numpy()[words.indices.to_numpy()]  # of each token
    return _Encoded(
        pa.concat_arrays([pa.array([], pa.string()), *chosen["sha256"].chunks]),
        ids[words.indices.to_numpy()] if len(words) else ids,
        tokens,
        np.diff(np.cumsum(sizes, dtype=np.int64)[np.cumsum(tokens) - 1], prepend=0),
        chosen["stars"].fill_null(0).to_numpy().astype(np.int64),
        int(pc.sum(some).as_py() or 0) - len(chosen),
    )


def _photo_vectors(features: Path, photos: pa.Array, source: str, place: Place) -> Chosen:
    """Return the vectors (P, D) of photos given by their sha256."""
    # The features stage may have computed nothing at all for a split without photos.
    if not len(photos):
        return Chosen(np.zeros((0, 1), np.float32), np.arange(0))
    found = featurize.read.read(features, place).of(photos)
    broken = [start + np.flatnonzero(~np.isfinite(block).all(axis=1)) for start, block in found.blocks()]
    if rows := np.concatenate(broken).tolist():
        raise UserError(
            f"The vectors of {len(rows):,} photos in {features} are not finite, the first that of "
            f"{photos[rows[0]]}. Delete that folder and run: {place.command('features')}"
        )
    if source == "random":
        drawn = [random_vector(str(sha256), found.shape[1]) for sha256 in photos]
        return Chosen(np.stack(drawn), np.arange(len(photos)))
    return found


def moments(vectors: Photos, dtype: type[np.floating[Any]]) -> tuple[Array, Array]:
    """Return mean and standard deviation of each component, (D,) of `dtype`, which the sums have, too.

    They are those of `numpy.mean` and `numpy.std` to the bit, with a block of the vectors in memory.

    Args:
        vectors: (P, D) float32, at least one.
    """
    mean = _sum(vectors, dtype, lambda block: block) / dtype(len(vectors))
    squares = _sum(vectors, dtype, lambda block: np.square(block - mean))
    return mean, np.sqrt(squares / dtype(len(vectors)))


def _sum(vectors: Photos, dtype: type[np.floating[Any]], of: Callable[[Array], Array]) -> Array:
    """Return the sum (D,) over all photos of what `of` makes of (n, D), added one after the other."""
    total, step = np.empty((0, vectors.shape[1]), dtype), max(1, BLOCK // (4 * vectors.shape[1]))
    for start in range(0, len(vectors), step):
        block = of(np.asarray(vectors[start : start + step], dtype))
        total = np.concatenate([total, block]).sum(axis=0, keepdims=True)
    return np.asarray(total[0])


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
