"""The losses of a model given the photos, other photos and noise, beside the losses to compare them with.

All captions of dev and a sample of those of train are measured. P photos, D components of a photo's vector, n
photos of the captions that are measured.
"""

from dataclasses import replace

import numpy as np

from store.processes.cores import cores
from store.progress import Progress
from train.arithmetic.arithmetic import choose
from train.artifact import Artifact
from train.data import Split, moments
from train.evaluation import baselines
from train.evaluation.measure import caption_losses
from train.examples import Examples
from train.model import Array, Photos

Figures = dict[str, float | int | None]


def losses(model: Artifact, split: Split, train: Split, sample: int) -> Figures:
    """Return the losses given the photos, other photos and noise, and the losses to compare with.

    The loss given the photos is that of all captions of dev, and of a sample of train; the two to compare it
    with are of a sample of either. The bounds are those of all captions.
    """
    size, examples, arithmetic = len(model.vocabulary), split.examples, choose(model.model.xp)
    some = sampled(examples, sample)
    measured = examples if split.name == "dev" else some
    others = replace(split.vectors, rows=split.vectors.rows[derangement(len(split.vectors))])  # (P, D)
    given = (measured, split.vectors), (some, others), _given_noise(some, train.vectors)
    with Progress(f"evaluate {split.name}", sum(len(each) for each, _ in given), "captions") as progress:
        right, shuffle, random = (
            caption_losses(model.model, captions, vectors, arithmetic, cores(), progress).per_token
            for captions, vectors in given
        )
    return {
        "photos": len(split.vectors),
        "tokens": int((examples.lengths + 1).sum()),
        "nll": right,
        "measured": len(measured),
        "compared": len(some),
        "perplexity": float(np.exp(right)),
        "shuffled_nll": shuffle,
        "random_nll": random,
        "unigram": baselines.unigram(train.examples, examples, size),
        "ln_v": baselines.uniform(size),
        "by_heart": baselines.memorised(examples),  # the key is that of 0.1
    }


def _given_noise(examples: Examples, vectors: Photos) -> tuple[Examples, Array]:
    """Return captions with a photo of noise for each of theirs, and the vectors (n, D) of these.

    The noise has the mean and deviation of real vectors: the model must not see that it is noise.
    """
    photos, rows = np.unique(examples.photo, return_inverse=True)
    noise = np.random.default_rng(0).standard_normal((len(photos), vectors.shape[1]), np.float32)
    mean, deviation = moments(vectors, np.float32)
    noise *= deviation
    noise += mean
    return replace(examples, photo=rows), noise


def sampled(examples: Examples, count: int) -> Examples:
    """Return `count` captions, always the same ones and in their order; all where there are no more."""
    if count >= len(examples):
        return examples
    return examples.some(np.sort(np.random.default_rng(0).permutation(len(examples))[:count]))


def derangement(count: int) -> Array:
    """Return a permutation (count,) int64 that leaves nothing in its position, if there are two or more."""
    order = np.random.default_rng(0).permutation(count)
    permutation = np.empty(count, np.int64)
    permutation[order] = np.roll(order, 1)  # one cycle through all, so no fixed point
    return permutation
