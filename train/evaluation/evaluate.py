"""Measure a trained model: losses beside their bounds, whether it looks at the photo, and how it writes."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dataset import read
from store.errors import UserError
from store.manifest import fingerprint, read_manifest
from store.whole_file import write_json
from train import artifact
from train.arithmetic.loss import choose_ops
from train.arithmetic.threads import limited
from train.artifact import Artifact
from train.captions.captioner import Caption, Captioner
from train.data import Split, dataset_manifest, read_split
from train.evaluation import baselines, metrics
from train.evaluation.figures import show
from train.evaluation.measure import nats_per_token, ranks
from train.model import Array

FORMAT = 3
"""Of evaluation.json: an evaluation of another format is made anew."""
CAPTIONED = 500
"""Photos of a split that are captioned; a split with more is measured on the first so many."""
RANKED = 50
"""Photos of a split among whose captions each photo's own is sought."""
COMPARED = 100
"""Captions that are compared with each other, which takes the square of the time."""
SAMPLES, HUMAN = 8, 5
"""Photos of each split that samples.json shows, and the people's captions of each."""

Figures = dict[str, float | int | None]


def evaluate(run: Path, dataset: Path, features: Path) -> dict[str, Any]:
    """Measure the model of `run` on both splits; write evaluation.json and samples.json there, print a table.

    Returns:
        What evaluation.json holds: figures by split; losses in nats per token, <EOS> counted; None where
        a figure cannot be had, for want of captions or of labels.

    Raises:
        MissingStage: the run, the dataset or the features are not there.
        UserError: the vectors are not those that the model was trained on.
    """
    model = artifact.load(run / "model")
    if model.config.features.key != features.name:
        raise UserError(
            f"{run.name} was trained on the vectors {model.config.features.key}, not on {features.name}. "
            "Set features.* as they were, or train again: bokeru train"
        )
    trained = (read_manifest(run) or {}).get("fingerprint")
    mark = fingerprint(
        FORMAT, trained, dataset_manifest(dataset)["fingerprint"], features.name, read.floor(dataset)
    )
    if (known := _known(run / "evaluation.json", mark)) is not None:
        print("evaluate: up to date")
        return known
    with limited(1, fused=True):
        figures, samples = _measure(model, Captioner.load(run / "model"), dataset, features)
    write_json(run / "samples.json", samples)
    write_json(run / "evaluation.json", {"fingerprint": mark, **figures})
    show(figures)
    return {"fingerprint": mark, **figures}


def _known(path: Path, mark: str) -> dict[str, Any] | None:
    """Return the evaluation in `path` if it was made from the same model and data."""
    try:
        known = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return known if isinstance(known, dict) and known.get("fingerprint") == mark else None


def _measure(
    model: Artifact, captioner: Captioner, dataset: Path, features: Path
) -> tuple[dict[str, Figures], list[dict[str, Any]]]:
    config, floor = model.config, read.floor(dataset) or {}
    parts = [
        read_split(dataset, features, name, model.vocabulary, config.max_tokens, config.vectors)
        for name in ("train", "dev")
    ]
    figures: dict[str, Figures] = {}
    samples: list[dict[str, Any]] = []
    for part in parts:
        written = greedy(captioner, part.vectors[:CAPTIONED])
        figures[part.name] = {"captions": len(part.examples), "nll": None, "floor": floor.get(part.name)}
        if written:
            figures[part.name] |= _losses(model, part, parts[0]) | _looks(captioner, part, written)
            figures[part.name] |= _writing(part, parts[0], written)
            rank = ranks(model.model, part.examples, part.vectors, RANKED, choose_ops(True))
            figures[part.name] |= {f"recall@{k}": metrics.recall(rank.tolist(), k) for k in (1, 5, 10)}
        samples += _samples(part, written)
    return figures, samples


def _losses(model: Artifact, part: Split, train: Split) -> Figures:
    """Return the loss given the photos, other photos and noise, and what it is to be compared with."""
    size, examples = len(model.vocabulary), part.examples
    others = part.vectors[shuffled(len(part.vectors))]
    noise = np.random.default_rng(0).standard_normal(part.vectors.shape, np.float32)
    noise = train.vectors.mean(axis=0) + noise * train.vectors.std(axis=0)
    right, shuffle, random = (
        nats_per_token(model.model, examples, vectors, choose_ops(True))
        for vectors in (part.vectors, others, noise)
    )
    return {
        "photos": len(part.vectors),
        "tokens": int((examples.lengths + 1).sum()),
        "nll": right,
        "perplexity": float(np.exp(right)),
        "shuffled_nll": shuffle,
        "random_nll": random,
        "unigram": baselines.unigram(train.examples, examples, size),
        "ln_v": baselines.uniform(size),
        "by_heart": baselines.by_heart(examples),
    }


def _looks(captioner: Captioner, part: Split, written: list[Caption]) -> Figures:
    """Return how often captions name what is in the photo, given its vector and given another's."""
    others = part.vectors[: len(written)][shuffled(len(written))]
    return {
        "names": names([caption.text for caption in written], part.labels),
        "names_shuffled": names([caption.text for caption in greedy(captioner, others)], part.labels),
        "names_human": names([part.texts[row] for row in _firsts(part)], part.labels),
    }


def _writing(part: Split, train: Split, written: list[Caption]) -> Figures:
    """Return how the captions compare with people's, with each other and with those learned from."""
    captions = [caption.tokens for caption in written]
    references = [[part.tokens[row] for row in _rows(part, photo)] for photo in range(len(captions))]
    return {
        **{f"bleu_{n}": value for n, value in enumerate(metrics.bleu(captions, references), 1)},
        "rouge_l": metrics.rouge_l(captions, references),
        "cider": metrics.cider(captions, references),
        "distinct_1": metrics.distinct(captions, 1),
        "distinct_2": metrics.distinct(captions, 2),
        "self_bleu": metrics.self_bleu(captions[:COMPARED]),
        "verbatim": metrics.verbatim(captions, train.tokens),
        "same": metrics.sameness(captions),
    }


def shuffled(count: int) -> Array:
    """Return an order of `count` photos in which none stays in its place (if there are two or more)."""
    order = np.random.default_rng(0).permutation(count)
    other = np.empty(count, np.int64)
    other[order] = np.roll(order, 1)
    return other


def greedy(captioner: Captioner, vectors: Array) -> list[Caption]:
    """Return for each photo vector (N, D) the caption of the likeliest next tokens."""
    return [captions[0] for captions in captioner.caption(vectors, strategy="greedy")] if len(vectors) else []


def names(captions: list[str], labels: list[list[str]]) -> float | None:
    """Return the share of captions that name a label of their photo; None where no photo has labels."""
    pairs = zip(captions, labels, strict=False)
    told = [any(label in caption for label in there) for caption, there in pairs if there]
    return sum(told) / len(told) if told else None


def _rows(part: Split, photo: int) -> Array:
    """Return the captions of a photo, those with most stars first."""
    rows = np.flatnonzero(part.examples.photo == photo)
    return rows[np.argsort(-part.examples.stars[rows], kind="stable")]


def _firsts(part: Split) -> list[int]:
    return [int(_rows(part, photo)[0]) for photo in range(min(len(part.vectors), CAPTIONED))]


def _samples(part: Split, written: list[Caption]) -> list[dict[str, Any]]:
    """Return the first photos of a split with what they hold, people's best captions and the model's."""
    return [
        {
            "split": part.name,
            "sha256": part.examples.photos[photo],
            "labels": part.labels[photo],
            "human": [part.texts[row] for row in _rows(part, photo)[:HUMAN]],
            "model": [written[photo].text],
        }
        for photo in range(min(SAMPLES, len(written)))
    ]
