"""A split as the ranker reads it: captions as bags of words, with their photos and stars.

C captions, P photos, T words of the longest bag.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.pairs import clearly_more
from dataset.text.vocabulary import BOS, EOS, UNK, Vocabulary
from train.examples import Examples
from train.model import Array
from train.ranking.words import bags, ids


@dataclass(frozen=True)
class RankedCaptions:
    """C captions of P photos, photo by photo.

    Attributes:
        examples: the captions as the captioner's model reads them.
        words: (C, T) int32, the distinct words of each as `train.ranking.words` tells them apart, then EMPTY.
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
    known = pc.index_in(words.dictionary, value_set=pa.array(vocabulary.tokens)).fill_null(UNK).to_numpy()
    tokens, numbers = words.indices.to_numpy(), ids(words.dictionary.to_pylist(), vocabulary)
    lengths = pc.list_value_length(table["tokens"]).to_numpy().astype(np.int64)
    stars = table["stars"].fill_null(0).to_numpy().astype(np.int64)
    photo = photos.indices.to_numpy().astype(np.int64)
    examples = Examples.laid_out(
        photos.dictionary, photo, known.astype(np.int32)[tokens], lengths, stars, BOS, EOS
    )
    text = pc.replace_substring_regex(table["text"], r"\s+", "")
    return RankedCaptions(
        examples, bags(numbers[tokens], lengths), pc.utf8_length(text).to_numpy().astype(np.int64)
    )


def characters(text: str) -> int:
    """Return how long a caption is, as `RankedCaptions.characters` counts it."""
    return len("".join(text.split()))
