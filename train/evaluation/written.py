"""The captions that the model writes: whether they name what is in the photo, and how they are like people's.

N captioned photos, the first of a split; D components of a photo's vector.
"""

from collections.abc import Sequence

import numpy as np

from dataset.text.captions import normalise
from dataset.text.names import name_form
from featurize.words.clip_score import clip_score
from featurize.words.tower import TextTower
from train.artifact import Artifact
from train.captions.captioner import Caption, Captioner
from train.data import Split
from train.evaluation import baselines, metrics
from train.evaluation.cider import cider, cider_d
from train.evaluation.losses import derangement
from train.evaluation.people import People
from train.model import Array

COMPARED = 100
"""Captions that are compared with each other, in quadratic time."""


def greedy(captioner: Captioner, vectors: Array) -> list[Caption]:
    """Return the greedy caption of each photo, for vectors (N, D) float32, raw."""
    return [captions[0] for captions in captioner.caption(vectors, strategy="greedy")] if len(vectors) else []


def grounding(
    captioner: Captioner, split: Split, people: People, captions: Sequence[Caption]
) -> dict[str, Array]:
    """Return which captions name what is in the photo, given its vector and another photo's: (N,) by name."""
    others = split.vectors[: len(captions)][derangement(len(captions))]  # (N, D)
    return {
        "names": names([caption.text for caption in captions], people.labels),
        "names_shuffled": names([caption.text for caption in greedy(captioner, others)], people.labels),
        "names_human": names([texts[0] for texts in people.texts], people.labels),
    }


def depiction(
    tower: TextTower | None, split: Split, people: People, captions: Sequence[Caption]
) -> dict[str, Array]:
    """Return how much captions say what photos show, by CLIPScore: (N,) by name; NaN without a tower.

    Of the model's captions beside their photos, and each beside another one; and of people's with most stars.
    """
    if tower is None:
        none = np.full(len(captions), metrics.NONE)
        return dict.fromkeys(("clip_score", "clip_score_shuffled", "clip_score_human"), none)
    own = split.vectors[: len(captions)]  # (N, D)
    written = tower.vectors([caption.text for caption in captions])
    people_wrote = tower.vectors([texts[0] for texts in people.texts])
    return {
        "clip_score": clip_score(own, written),
        "clip_score_shuffled": clip_score(own[derangement(len(captions))], written),
        "clip_score_human": clip_score(own, people_wrote),
    }


def names(captions: Sequence[str], labels: Sequence[Sequence[str]]) -> Array:
    """Return 1 for each caption that names a label of its photo, else 0; NaN where there are none: (N,).

    Both are compared in their normal form: a caption in half-width kana names what it names.
    """
    return np.array(
        [
            any(label and label in normalise(caption) for label in map(name_form, present))
            if present
            else metrics.NONE
            for caption, present in zip(captions, labels, strict=True)
        ],
        float,
    )


def likeness(model: Artifact, train: Split, people: People, captions: Sequence[Caption]) -> dict[str, Array]:
    """Return how the captions compare with people's and with each other: (N,) by name."""
    tokens, references = [caption.tokens for caption in captions], people.tokens
    counts = metrics.bleu_counts(tokens, references)
    orders = range(1, metrics.ORDERS + 1)
    bleu = *(f"matches_{n}" for n in orders), *(f"ngrams_{n}" for n in orders), "length", "reference_length"
    return {
        **dict(zip(bleu, counts.T, strict=True)),
        "rouge_l": metrics.rouge_l(tokens, references),
        "cider": cider(tokens, references),
        "cider_d": cider_d(tokens, references),
        "distinct_1": metrics.distinct(tokens, 1),
        "distinct_2": metrics.distinct(tokens, 2),
        "self_bleu": metrics.self_bleu(tokens[:COMPARED]),
        "same": metrics.sameness(tokens),
        "verbatim": baselines.verbatim([model.vocabulary.encode(each) for each in tokens], train.examples),
    }
