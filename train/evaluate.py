"""Measure a trained model: its losses beside their bounds, and whether its captions look at the photo."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dataset import read
from dataset.captions import join
from dataset.manifest import fingerprint, read_manifest
from dataset.vocabulary import BOS, EOS, Vocabulary
from dataset.whole_file import write_json
from train import artifact, baselines, plain
from train.artifact import Artifact
from train.data import Split, identity, split
from train.measure import nats_per_token
from train.model import Array
from train.threads import limited

FORMAT = 1
"""Of evaluation.json: an evaluation of another format is made anew."""
SAMPLES = 8
"""Photos of each split whose captions samples.json shows."""
HUMAN = 5


def evaluate(run: Path, dataset: Path, features: Path) -> dict[str, Any]:
    """Measure the model of `run` on both splits; write evaluation.json and samples.json there.

    Returns:
        What evaluation.json holds: figures by split; losses in nats per token, <EOS> counted; None where
        a figure cannot be had, for want of captions or of labels.

    Raises:
        MissingStage: the run, the dataset or the features are not there.
        UserError: the vectors are not those that the model was trained on.
    """
    model = artifact.load(run / "model")
    trained = read_manifest(run) or {}
    mark = fingerprint(
        FORMAT,
        trained.get("fingerprint"),
        identity(dataset)["fingerprint"],
        features.name,
        read.floor(dataset),
    )
    if (known := _known(run / "evaluation.json", mark)) is not None:
        print("evaluate: up to date")
        return known
    with limited(1):
        return _evaluate(run, dataset, features, model, mark)


def _evaluate(run: Path, dataset: Path, features: Path, model: Artifact, mark: str) -> dict[str, Any]:
    parts = [
        split(dataset, features, name, model.vocabulary, model.config.max_tokens, model.config.vectors)
        for name in ("train", "dev")
    ]
    floor = read.floor(dataset) or {}
    figures: dict[str, Any] = {"fingerprint": mark}
    samples = []
    for part in parts:
        captions = greedy(model, part.vectors)
        figures[part.name] = _figures(model, part, parts[0], captions) | {"floor": floor.get(part.name)}
        samples += _samples(part, captions)
    write_json(run / "samples.json", samples)
    write_json(run / "evaluation.json", figures)
    return figures


def _known(path: Path, mark: str) -> dict[str, Any] | None:
    """Return the evaluation in `path` if it was made from the same model and data."""
    try:
        known = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return known if isinstance(known, dict) and known.get("fingerprint") == mark else None


def _figures(
    model: Artifact, part: Split, train: Split, captions: list[str]
) -> dict[str, float | int | None]:
    if not len(part.examples):
        return {"captions": 0, "nll": None}
    others = part.vectors[shuffled(len(part.vectors))]
    size = len(model.vocabulary)
    nll = nats_per_token(model.model, part.examples, part.vectors, plain)
    return {
        "captions": len(part.examples),
        "photos": len(part.vectors),
        "tokens": int((part.examples.lengths + 1).sum()),
        "nll": nll,
        "perplexity": float(np.exp(nll)),
        "shuffled_nll": nats_per_token(model.model, part.examples, others, plain),
        "unigram": baselines.unigram(train.examples, part.examples, size),
        "ln_v": baselines.uniform(size),
        "names": names(captions, part.labels),
        "names_shuffled": names(greedy(model, others), part.labels),
    }


def shuffled(count: int) -> Array:
    """Return an order of `count` photos in which none stays in its place (if there are two or more)."""
    order = np.random.default_rng(0).permutation(count)
    other = np.empty(count, np.int64)
    other[order] = np.roll(order, 1)
    return other


def greedy(model: Artifact, vectors: Array) -> list[str]:
    """Return for each photo vector (N, D) the caption of the likeliest next tokens."""
    if not len(vectors):
        return []
    state = model.model.start(vectors)
    tokens = np.full(len(vectors), BOS, np.int32)
    written = []
    for _ in range(model.config.max_tokens):
        scores, state = model.model.step(state, tokens)
        tokens = scores.argmax(axis=1).astype(np.int32)
        written.append(tokens)
    return [text(model.vocabulary, row) for row in np.stack(written, axis=1)]


def text(vocabulary: Vocabulary, ids: Array) -> str:
    """Return ids up to the first <EOS> as text."""
    end = np.flatnonzero(ids == EOS)
    return join(vocabulary.decode(ids[: end[0] if len(end) else None].tolist()))


def names(captions: list[str], labels: list[list[str]]) -> float | None:
    """Return the share of captions that name a label of their photo; None where no photo has labels."""
    told = [
        any(label in caption for label in there)
        for caption, there in zip(captions, labels, strict=True)
        if there
    ]
    return sum(told) / len(told) if told else None


def _samples(part: Split, captions: list[str]) -> list[dict[str, Any]]:
    """Return the first photos of a split with what they hold, people's best captions and the model's."""
    examples = part.examples
    samples = []
    for photo in range(min(SAMPLES, len(examples.photos))):
        rows = np.flatnonzero(examples.photo == photo)
        best = rows[np.argsort(-examples.stars[rows], kind="stable")][:HUMAN]
        samples.append(
            {
                "split": part.name,
                "sha256": examples.photos[photo],
                "labels": part.labels[photo],
                "human": [part.texts[row] for row in best],
                "model": [captions[photo]],
            }
        )
    return samples
