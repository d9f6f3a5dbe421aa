"""What training reads of a dataset: held to a plain reading of the same rows, one Python object each."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import read
from dataset.text.vocabulary import BOS, EOS, Vocabulary
from store.shards import whole_parquet
from tests.train import toy_training
from train.data import moments, read_split
from train.evaluation.people import first_photos

MOST = 5
"""Tokens of a caption, at most: a few of the toy's have 6."""


@pytest.fixture
def toy(tmp_path: Path) -> toy_training.Toy:
    made = toy_training.toy(tmp_path, captions=3)
    vocabulary = made.dataset / "vocabulary.json"
    Vocabulary.from_counts({"犬": 9, "が": 8, "とても": 7}).save(vocabulary)  # all other words are unknown
    (shard,) = (made.dataset / "data").glob("train-*")
    rows = pq.read_table(shard).to_pylist()
    rows[3]["captions"][0] |= {"tokens": [], "stars": None}
    rows[4]["captions"][1]["stars"] = None
    for caption in rows[5]["captions"]:
        caption["tokens"] = ["とても"] * (MOST + 1)  # nothing is left of this photo
    schema, half = pq.read_schema(shard), len(rows) // 2
    for number, part in enumerate((rows[:half], rows[half:])):
        with whole_parquet(shard.with_name(f"train-0000{number}-of-00002.parquet"), schema) as writer:
            writer.write_table(pa.Table.from_pylist(part[::-1], schema=schema))
    shard.unlink()
    return made


def plainly(dataset: Path, most: int) -> list[dict[str, Any]]:
    rows = [row for row in read.captions(dataset, "train").to_pylist() if 0 < len(row["tokens"]) <= most]
    return sorted(rows, key=lambda row: row["sha256"])  # stable: a photo's captions keep their order


def test_captions_are_those_that_the_rows_say(toy: toy_training.Toy) -> None:
    vocabulary = read.vocabulary(toy.dataset)
    split = read_split(toy.dataset, toy.features, "train", vocabulary, MOST)
    rows, examples = plainly(toy.dataset, MOST), split.examples
    photos = sorted({row["sha256"] for row in rows})
    assert [str(sha256) for sha256 in examples.photos] == photos
    assert [photos[row] for row in examples.photo] == [row["sha256"] for row in rows]
    assert examples.stars.tolist() == [row["stars"] or 0 for row in rows]
    right = [token for row in rows for token in (BOS, *vocabulary.encode(row["tokens"]), EOS)]
    assert examples.stream.tolist() == right
    assert split.characters.tolist() == [len("".join(row["tokens"])) for row in rows]
    assert split.left_out == len(plainly(toy.dataset, 99)) - len(rows) > 0
    assert split.vectors.shape == (len(photos), toy_training.D)


def test_people_s_captions_come_with_most_stars_first(toy: toy_training.Toy) -> None:
    split = read_split(toy.dataset, toy.features, "train", read.vocabulary(toy.dataset), MOST)
    found = first_photos(toy.dataset, split, 7)
    rows, kept = plainly(toy.dataset, 99), plainly(toy.dataset, MOST)
    assert len(rows) > len(kept), "references stay whole, whatever is too long for the model"
    for number, sha256 in enumerate(sorted({row["sha256"] for row in kept})[:7]):
        own = sorted((row for row in rows if row["sha256"] == sha256), key=lambda row: -(row["stars"] or 0))
        assert found.texts[number] == [row["text"] for row in own]
        assert found.tokens[number] == [row["tokens"] for row in own]
        assert found.labels[number] == own[0]["labels"]
    assert len(found.texts) == 7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_are_numpy_s_to_the_bit(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.data.BLOCK", 4 * 9 * 7)  # 7 photos of 9 components at a time
    vectors = np.random.default_rng(0).standard_normal((100, 9), np.float32) * 3 + 1
    mean, deviation = moments(vectors, dtype)
    np.testing.assert_array_equal(mean, vectors.mean(axis=0, dtype=dtype))
    np.testing.assert_array_equal(deviation, vectors.std(axis=0, dtype=dtype))
