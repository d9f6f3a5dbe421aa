"""What people wrote for the first photos of a split: the model's captions are held to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from train.data import Split


@dataclass(frozen=True)
class People:
    """Of each photo its captions, those with most stars first, and what is in it.

    Attributes:
        texts: of each photo its captions as they were written.
        tokens: the same as tokens.
        labels: what is in each photo; empty where it is unknown.
    """

    texts: list[list[str]]
    tokens: list[list[list[str]]]
    labels: list[list[str]]


def first_photos(dataset: Path, split: Split, count: int) -> People:
    """Return the captions of the first `count` photos of a split, in its order.

    All of them: those that are too long for the model, too, are what people wrote.

    Raises:
        MissingStage: there is no dataset.
    """
    photos = pa.array(split.examples.photos[:count], pa.string())
    found: list[list[dict[str, Any]]] = [[] for _ in photos]
    labels: list[list[str]] = [[] for _ in photos]
    for table in read.caption_tables(dataset, split.name):
        has_tokens = pc.greater(pc.list_value_length(table["tokens"]).fill_null(0), 0)
        chosen = table.filter(pc.and_(has_tokens, pc.is_in(table["sha256"], photos)))
        rows = pc.index_in(chosen["sha256"], photos).to_pylist()
        for row, caption in zip(
            rows, chosen.select(["labels", "text", "tokens", "stars"]).to_pylist(), strict=True
        ):
            found[row].append(caption)
            labels[row] = caption["labels"] or []
    for captions in found:
        captions.sort(key=lambda caption: -(caption["stars"] or 0))  # stable: then in the dataset's order
    texts, tokens = ([[each[name] for each in captions] for captions in found] for name in ("text", "tokens"))
    return People(texts, tokens, labels)
