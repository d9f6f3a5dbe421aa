"""Photos by what is written of them: their labels and captions, word for word."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from dataset.caption_rows import caption_shards
from dataset.damage import explained
from dataset.text.captions import normalise
from dataset.text.names import spellings
from store.errors import UsageError
from store.register.kinds import DATASET_CAPTIONS
from store.schema import CAPTIONS, PHOTOS
from store.shard_reader import sql_rows
from store.shards import shard_paths

_WITHIN = "SELECT sha256, unnest(captions, recursive := true) FROM {photos}"


MOST_WORDS = 20
"""Each is looked for in every caption."""


def words_in(text: str) -> list[str]:
    """Return the words that are looked for: what blanks separate, each once.

    Raises:
        UsageError: there are more than MOST_WORDS.
    """
    words = list(dict.fromkeys(normalise(text).split()))
    if len(words) > MOST_WORDS:
        raise UsageError(
            f"{len(words)} words are too many to look for in captions; {MOST_WORDS} are the most"
        )
    return words


def mentioning(dataset: Path, words: Sequence[str]) -> list[int]:
    """Return the photos of whose captions and labels every word is told, by their places in the dataset.

    A word is told where it is a label, or stands in a caption, in upper or lower case. Photos with more of
    the words for labels come first; of equals those that come first in the dataset.

    Args:
        words: as `words_in` returns them.

    Raises:
        MissingStage: there is no dataset.
        DamagedFile: a shard cannot be read.
    """
    photos = read.photos(dataset, columns=["sha256", "labels"])
    names: pa.ChunkedArray = photos["sha256"]
    told, labelled = np.ones(len(photos), bool), np.zeros(len(photos), int)
    with explained(caption_shards(dataset)), duckdb.connect() as connection:
        rows = _captions(dataset)
        for word in words:
            labels = with_label(photos["labels"], word)
            holding = connection.execute(
                f"SELECT DISTINCT sha256 FROM ({rows}) WHERE {_HOLDS}", {"word": word}
            ).fetchnumpy()["sha256"]
            within = pc.is_in(names, pa.array(holding, pa.string())).to_numpy()
            told &= labels | within
            labelled += labels
    places = np.flatnonzero(told) if words else np.array([], int)
    return [int(place) for place in places[np.argsort(-labelled[places], kind="stable")]]


_HOLDS = "contains(lower(coalesce(text_nfkc, text)), lower($word))"


def with_label(labels: pa.ChunkedArray, name: str) -> np.ndarray:
    """Return which photos have a label, however it is spelled, (N,) bool.

    Args:
        labels: a list of texts for each of N photos.
    """
    lists, having = labels.combine_chunks(), np.zeros(len(labels), bool)
    chosen = pc.is_in(pc.list_flatten(lists), pa.array(spellings(name), pa.string()))
    having[pc.list_parent_indices(lists).to_numpy()[chosen.to_numpy(zero_copy_only=False)]] = True
    return having


def _captions(dataset: Path) -> str:
    """Return a query for the captions of a dataset; one of an earlier version has them in its photos only."""
    slim = shard_paths(dataset / DATASET_CAPTIONS, CAPTIONS)
    if slim:
        return f"SELECT * FROM {sql_rows(slim, CAPTIONS)}"
    return _WITHIN.format(photos=sql_rows(read.shards(dataset), PHOTOS))


@dataclass(frozen=True)
class Described:
    """A photo with what is written of it.

    Args:
        sha256: the photo's.
        split: train or dev.
        labels: what is in it.
        caption: the one with most stars; None where it has none.
    """

    sha256: str
    split: str
    labels: Sequence[str]
    caption: str | None


def described(dataset: Path, photos: pa.Table, places: Sequence[int], word: str = "") -> list[Described]:
    """Return photos with what is written of them, in the order of `places`.

    Args:
        photos: of the dataset, with the columns sha256, labels and split.
        word: captions that hold it come before those with more stars.
    """
    rows = photos.take(pa.array(places, pa.int64())).to_pylist()
    captions = _best(dataset, [row["sha256"] for row in rows], word)
    return [
        Described(row["sha256"], row["split"], row["labels"] or [], captions.get(row["sha256"]))
        for row in rows
    ]


def _best(dataset: Path, sha256s: Collection[str], word: str) -> Mapping[str, str]:
    """Return of each photo the caption with most stars, of those with a word first."""
    with explained(caption_shards(dataset)), duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT sha256, arg_max(text, ({_HOLDS}, coalesce(stars, 0))) FROM ({_captions(dataset)}) "
            "WHERE list_contains($names, sha256) GROUP BY sha256",
            {"word": word, "names": list(sha256s)},
        ).fetchall()
    return dict(found)
