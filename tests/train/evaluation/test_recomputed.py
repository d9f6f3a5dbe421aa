"""Every figure of an evaluation, computed again from the files of a run in plain NumPy, without the code."""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sacrebleu.metrics.bleu import BLEU

from store.schema import PHOTOS
from store.shards import whole_parquet
from store.whole_file import write_json
from tests.train import plain_model, toy_training
from train.evaluation.evaluate import evaluate
from train.evaluation.losses import derangement
from train.fit import fit
from train.model import Array

MOST = 6
"""Tokens of a caption, at most."""
UNK = 1


class Measured:
    """A run, what it wrote of dev, and what plain NumPy makes of the same photos."""

    def __init__(self, root: Path) -> None:
        toy = toy_training.toy(root, dev=9)
        _add_odd_captions(toy.dataset)
        write_json(toy.dataset / "floor.json", {"unit": "nats per token", "train": 0.5, "dev": 0.25})
        run = fit(toy_training.options(epochs=6, max_tokens=MOST), toy.dataset, toy.features, toy.runs)
        evaluate(run, toy.dataset, toy.features)
        self.figures: dict[str, Any] = json.loads((run / "evaluation.json").read_text())["dev"]
        self.tensors = plain_model.read(run)
        self.tokens: list[str] = json.loads((run / "model/vocabulary.json").read_text())["tokens"]
        (shard,) = toy.dataset.glob("data/dev-*")
        self.rows = sorted(pq.read_table(shard).to_pylist(), key=lambda row: row["sha256"])
        vectors = pq.read_table(toy.features).to_pylist()
        by_photo = {row["sha256"]: np.array(row["vector"], np.float32) for row in vectors}
        self.vectors = [by_photo[row["sha256"]] for row in self.rows]
        (train,) = toy.dataset.glob("data/train-*")
        learned = sorted(row["sha256"] for row in pq.read_table(train, columns=["sha256"]).to_pylist())
        self.learned = np.stack([by_photo[sha256] for sha256 in learned])

    def ids(self, tokens: Sequence[str]) -> list[int]:
        return [self.tokens.index(token) if token in self.tokens else UNK for token in tokens]

    def captions(self, row: dict[str, Any]) -> list[list[int]]:
        return [self.ids(each["tokens"]) for each in row["captions"] if len(each["tokens"]) <= MOST]

    def nats(self, vectors: Sequence[Array]) -> list[list[tuple[int, float]]]:
        """Return of each photo the targets of its captions, each with its nats, given one vector a photo."""
        return [
            [
                pair
                for ids in self.captions(row)
                for pair in zip([*ids, 3], plain_model.token_nats(self.tensors, vector, ids), strict=True)
            ]
            for row, vector in zip(self.rows, vectors, strict=True)
        ]

    def written(self, vectors: Sequence[Array]) -> list[list[str]]:
        """Return the greedy caption of each vector."""
        found = (plain_model.greedy(self.tensors, vector, MOST) for vector in vectors)
        return [[self.tokens[token] for token in ids] for ids in found]

    def references(self) -> list[list[list[str]]]:
        return [[caption["tokens"] for caption in row["captions"]] for row in self.rows]


def _add_odd_captions(dataset: Path) -> None:
    """Give dev words that train has not, and a caption that is too long for the model."""
    (shard,) = dataset.glob("data/dev-*")
    rows = pq.read_table(shard).to_pylist()
    rows[0]["captions"][0] |= {"tokens": ["犬", "が", "消えた"], "text": "犬が消えた"}
    rows[4]["captions"][1] |= {"tokens": ["龍", "が", "龍"], "text": "龍が龍"}
    rows[5]["captions"][1] |= {"tokens": ["とても"] * (MOST + 2), "text": "とても" * (MOST + 2)}
    with whole_parquet(shard, PHOTOS) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=PHOTOS))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return Measured(tmp_path_factory.mktemp("recomputed"))


def per_token(nats: Sequence[Sequence[tuple[int, float]]], *, known: bool = False) -> float:
    return float(np.mean([each for photo in nats for token, each in photo if not known or token != UNK]))


def test_losses_of_all_and_of_known_tokens(measured: Measured) -> None:
    nats, figures = measured.nats(measured.vectors), measured.figures
    targets = [token for photo in nats for token, _ in photo]
    assert figures["unknown"] == targets.count(UNK) / len(targets) == 3 / len(targets)
    assert figures["tokens"] == len(targets)
    assert (figures["captions"], figures["left_out"]) == (17, 1)
    assert figures["nll"] == pytest.approx(per_token(nats), rel=1e-5)
    assert figures["nll_known"] == pytest.approx(per_token(nats, known=True), rel=1e-5)
    assert figures["perplexity"] == pytest.approx(np.exp(per_token(nats)), rel=1e-5)
    assert figures["nll"] - figures["nll_known"] > 0.1


def test_losses_per_caption_and_per_character(measured: Measured) -> None:
    """Per character is total nats over characters, the end of a caption counted as one; characters are code
    points of the text that people wrote.

    Source: S. J. Mielke 2019, Can you compare perplexity across different segmentations? There, "the cat sat
    on the mat" has 6 + 1 words and 22 + 1 characters.
    """
    nats, figures = measured.nats(measured.vectors), measured.figures
    texts = [each["text"] for row in measured.rows for each in row["captions"] if len(each["tokens"]) <= MOST]
    total = sum(each for photo in nats for _, each in photo)
    assert figures["nll_caption"] == pytest.approx(total / len(texts), rel=1e-5)
    assert figures["nll_character"] == pytest.approx(total / sum(len(text) + 1 for text in texts), rel=1e-5)
    low, high = figures["intervals"]["nll_character"]
    assert low < figures["nll_character"] < high


def test_losses_with_another_photo_and_with_noise(measured: Measured) -> None:
    right, figures = measured.nats(measured.vectors), measured.figures
    others = measured.nats([measured.vectors[other] for other in derangement(len(measured.vectors))])
    assert figures["shuffled_nll"] == pytest.approx(per_token(others), rel=1e-5)
    assert figures["shuffled_nll_known"] == pytest.approx(per_token(others, known=True), rel=1e-5)
    assert figures["other_photo_nats"] == pytest.approx(per_token(others) - per_token(right), rel=1e-4)
    drawn = np.random.default_rng(0).standard_normal((len(right), toy_training.D), np.float32)
    noise = measured.learned.mean(axis=0) + measured.learned.std(axis=0) * drawn
    assert figures["random_nll"] == pytest.approx(per_token(measured.nats(list(noise))), rel=1e-5)


def test_both_recalls_and_what_a_photo_is_worth(measured: Measured) -> None:
    figures, count = measured.figures, len(measured.rows)
    own = [measured.captions(row)[0] for row in measured.rows]
    log_p = np.array(
        [[-sum(plain_model.token_nats(measured.tensors, v, ids)) for ids in own] for v in measured.vectors]
    )
    pmi = log_p - np.log(np.exp(log_p).mean(axis=0))
    for name, scores in (("recall", log_p), ("recall_pmi", pmi)):
        mine = np.diagonal(scores)[:, None]
        rank = (scores > mine + 1e-4).sum(axis=1) + ((np.abs(scores - mine) <= 1e-4).sum(axis=1) + 1) / 2
        for k in (1, 5, 10):
            assert figures[f"{name}@{k}"] == np.mean(rank <= k), name
    assert figures["photo_nats"] == pytest.approx(np.diagonal(pmi).mean(), rel=1e-4)
    assert figures["candidates"] == count
    assert [figures[f"chance@{k}"] for k in (1, 5, 10)] == [1 / count, 5 / count, 1]


def test_captions_name_what_is_there(measured: Measured) -> None:
    figures, labels = measured.figures, [row["labels"][0] for row in measured.rows]
    others = [measured.vectors[other] for other in derangement(len(measured.vectors))]
    best = [max(row["captions"], key=lambda caption: caption["stars"])["text"] for row in measured.rows]
    for name, texts in (
        ("names", ["".join(tokens) for tokens in measured.written(measured.vectors)]),
        ("names_shuffled", ["".join(tokens) for tokens in measured.written(others)]),
        ("names_human", best),
    ):
        named = [label in text for label, text in zip(labels, texts, strict=True)]
        assert figures[name] == pytest.approx(np.mean(named)), name


def test_captions_are_compared_with_all_that_people_wrote(measured: Measured) -> None:
    figures, captions, references = (
        measured.figures,
        measured.written(measured.vectors),
        measured.references(),
    )
    assert max(len(tokens) for others in references for tokens in others) == MOST + 2
    columns = [
        list(column) for column in zip_longest(*([" ".join(each) for each in of] for of in references))
    ]
    hypotheses = [" ".join(tokens) for tokens in captions]
    for order in (1, 2, 3, 4):
        measure = BLEU(tokenize="none", smooth_method="none", force=True, max_ngram_order=order)
        right = measure.corpus_score(hypotheses, columns).score / 100
        assert figures[f"bleu_{order}"] == pytest.approx(right), order
    assert figures["cider_d"] == pytest.approx(np.mean(cider_d(captions, references)))
    words = [token for tokens in captions for token in tokens]
    assert figures["distinct_1"] == pytest.approx(len(set(words)) / len(words))
    most = Counter(map(tuple, captions)).most_common(1)[0][1]
    assert figures["same"] == pytest.approx(most / len(captions))


def cider_d(captions: list[list[str]], references: list[list[list[str]]]) -> list[float]:
    """Return CIDEr-D from its definition, with arrays over all n-grams of one length."""
    scores = np.zeros(len(captions))
    for order in (1, 2, 3, 4):

        def grams(tokens: list[str], order: int = order) -> list[tuple[str, ...]]:
            return list(zip(*(tokens[start:] for start in range(order)), strict=False))

        everything = sorted(
            {gram for of in [captions, *references] for tokens in of for gram in grams(tokens)}
        )
        place = {gram: number for number, gram in enumerate(everything)}

        def counts(tokens: list[str]) -> Array:
            return np.bincount([place[gram] for gram in grams(tokens)], minlength=len(place)).astype(float)  # noqa: B023

        with_it = np.sum([np.sum([counts(tokens) for tokens in of], axis=0) > 0 for of in references], axis=0)
        weight = np.log(len(references)) - np.log(np.maximum(1, with_it))
        for row, (tokens, others) in enumerate(zip(captions, references, strict=True)):
            for other in others:
                one, two = counts(tokens) * weight, counts(other) * weight
                if size := np.linalg.norm(one) * np.linalg.norm(two):
                    penalty = np.exp(-((len(tokens) - len(other)) ** 2) / 72)
                    scores[row] += penalty * (np.minimum(one, two) @ two) / size / len(others)
    return list(10 * scores / 4)


def test_intervals_are_those_of_photos_drawn_again(measured: Measured) -> None:
    nats = measured.nats(measured.vectors)
    random, count = np.random.default_rng(0), len(nats)
    drawn = []
    for _ in range(1000):
        photos = [nats[photo] for photo in random.integers(count, size=count)]
        drawn.append((per_token(photos), per_token(photos, known=True)))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    intervals = measured.figures["intervals"]
    assert intervals["nll"] == pytest.approx([low[0], high[0]], rel=1e-5)
    assert intervals["nll_known"] == pytest.approx([low[1], high[1]], rel=1e-5)
    unmeasured = {
        "captions",
        "left_out",
        "floor",
        "floor_known",
        "photos",
        "tokens",
        "unigram",
        "unigram_known",
    }
    unmeasured |= {"ln_v", "by_heart", "measured", "compared", "captioned", "candidates", "intervals"}
    unmeasured |= {f"chance@{k}" for k in (1, 5, 10)}
    unmeasured |= {"clip_score", "clip_score_shuffled", "clip_score_human"}  # there is no text tower
    assert set(measured.figures) - unmeasured == set(intervals)
    for name, (low_end, high_end) in intervals.items():
        assert low_end <= high_end, name
