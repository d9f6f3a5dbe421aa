"""A split as the ranker reads it: captions as bags of words, with their photos and stars.

C captions, P photos, T words of the longest bag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.pairs import clearly_more
from dataset.text.vocabulary import BOS, EOS, UNK, Vocabulary
from train.examples import Examples, spread
from train.model import Array

EMPTY = -1
"""Stands in a bag where there is no more word."""


@dataclass(frozen=True)
class RankedCaptions:
    """C captions of P photos, photo by photo.

    Attributes:
        examples: the captions as the captioner's model reads them.
        words: (C, T) int32 ids of the distinct tokens of each caption, then EMPTY.
        characters: (C,) int64, white space not counted.
    """

    examples: Examples
    words: Array
    characters: Array

    def __len__(self) -> int:
        return len(self.examples)

    def pairs(self) -> Array:
        """Return the captions of a photo whose stars differ clearly, (n, 2) rows, the better one first."""
        starts = np.flatnonzero(np.diff(self.examples.photo, prepend=-1))
        found = [
            _pairs(rows, self.examples.stars[rows]) for rows in np.split(np.arange(len(self)), starts[1:])
        ]
        return np.concatenate([np.empty((0, 2), np.int64), *found])


def _pairs(rows: Array, stars: Array) -> Array:
    least = np.array([clearly_more(number) for number in stars.tolist()])
    better, worse = np.nonzero(stars[:, None] >= least[None])
    return np.stack([rows[better], rows[worse]], axis=1)


def read_captions(dataset: Path, split: str, vocabulary: Vocabulary) -> RankedCaptions:
    """Return the captions of a split that have a token, their photos by sha256."""
    columns = ["sha256", "tokens", "text", "stars"]
    table = pa.concat_tables(part.select(columns) for part in read.caption_tables(dataset, split))
    table = table.filter(pc.greater(pc.list_value_length(table["tokens"]).fill_null(0), 0))
    return ranked(table.sort_by("sha256"), vocabulary)


def ranked(table: pa.Table, vocabulary: Vocabulary) -> RankedCaptions:
    """Return captions of a table with sha256, tokens, text and stars, in which a photo's lie together."""
    table = table.combine_chunks()
    photos = pa.concat_arrays([pa.array([], pa.string()), *table["sha256"].chunks]).dictionary_encode()
    words = pc.list_flatten(table["tokens"]).combine_chunks().dictionary_encode()
    ids = pc.index_in(words.dictionary, value_set=pa.array(vocabulary.tokens)).fill_null(UNK).to_numpy()
    ids = ids.astype(np.int32)[words.indices.to_numpy()]
    lengths = pc.list_value_length(table["tokens"]).to_numpy().astype(np.int64)
    stars = table["stars"].fill_null(0).to_numpy().astype(np.int64)
    photo = photos.indices.to_numpy().astype(np.int64)
    examples = Examples.laid_out(photos.dictionary, photo, ids, lengths, stars, BOS, EOS)
    text = pc.replace_substring_regex(table["text"], r"\s+", "")
    return RankedCaptions(examples, bags(ids, lengths), pc.utf8_length(text).to_numpy().astype(np.int64))


def bags(ids: Array, lengths: Array) -> Array:
    """Return the distinct ids of captions, (C, T) int32, ascending, then EMPTY.

    Args:
        ids: (sum of lengths,), one caption after the other.
        lengths: (C,) tokens of each.
    """
    owners = np.repeat(np.arange(len(lengths)), lengths)
    distinct = np.unique(np.stack([owners, ids]), axis=1)
    counts = np.bincount(distinct[0], minlength=len(lengths))
    result = np.full((len(lengths), counts.max(initial=0)), EMPTY, np.int32)
    result[distinct[0], spread(counts)] = distinct[1]
    return result


def bags_of(captions: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Array:
    """Return the bags of captions that are given as tokens."""
    known = {token: number for number, token in enumerate(vocabulary.tokens)}
    ids = [known.get(token, UNK) for token in chain.from_iterable(captions)]
    return bags(np.array(ids, np.int32), np.array([len(caption) for caption in captions], np.int64))


def characters(text: str) -> int:
    """Return how long a caption is, as `RankedCaptions.characters` counts it."""
    return len("".join(text.split()))
