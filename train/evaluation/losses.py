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
from train.evaluation.measure import Losses, caption_losses
from train.examples import Examples
from train.model import Array, Photos

Figures = dict[str, float | int | None]


def losses(model: Artifact, split: Split, train: Split, sample: int) -> dict[str, Array]:
    """Return the losses given the photos, other photos and noise, summed over each photo's captions.

    Those given the photos are of all captions of dev, and of a sample of train; the two to compare them with
    are of a sample of either, and so are the `compared_` ones given the photos.

    Returns:
        (P,) float64 by name, NaN where no caption of a photo was measured: see `store.schema.EVALUATED`.
    """
    examples, arithmetic = split.examples, choose(model.model.xp)
    some = sampled(examples, sample)
    measured = examples if split.name == "dev" else some
    others = replace(split.vectors, rows=split.vectors.rows[derangement(len(split.vectors))])  # (P, D)
    given = (measured, split.vectors), (some, others), _given_noise(some, train.vectors)
    with Progress(f"evaluate {split.name}", sum(len(each) for each, _ in given), "captions") as progress:
        right, shuffled, random = (
            caption_losses(model.model, captions, vectors, arithmetic, cores(), progress)
            for captions, vectors in given
        )
    compared = right.some(np.searchsorted(measured.starts, some.starts))  # a caption's start tells it
    characters = split.characters[np.searchsorted(examples.starts, measured.starts)]
    of_measured, of_some = (
        # The end of a caption is predicted, too: it counts as a character, as <EOS> does as a token.
        {**_parts(right), "characters": characters + 1},
        {f"compared_{name}": each for name, each in _parts(compared).items()},
    )
    of_some |= {"shuffled_nats": shuffled.nats, "shuffled_unknown_nats": shuffled.unknown_nats}
    of_some |= {"random_nats": random.nats}
    return {
        **{name: _by_photo(measured, values) for name, values in of_measured.items()},
        **{name: _by_photo(some, values) for name, values in of_some.items()},
    }


def _parts(losses: Losses) -> dict[str, Array]:
    return {
        "captions": np.ones(len(losses.nats)),
        "tokens": losses.tokens,
        "nats": losses.nats,
        "unknown": losses.unknown,
        "unknown_nats": losses.unknown_nats,
    }


def _by_photo(examples: Examples, values: Array) -> Array:
    """Return sums over each photo's captions (P,) of what they have (C,); NaN for a photo without any."""
    photos = len(examples.photos)
    there = np.bincount(examples.photo, minlength=photos) > 0
    return np.where(there, np.bincount(examples.photo, values, photos), np.nan)


def bounds(split: Split, train: Split, vocabulary: int) -> Figures:
    """Return what the losses of a split are compared with, in nats per token, and how much there is of it."""
    examples = split.examples
    return {
        "photos": len(split.vectors),
        "tokens": int((examples.lengths + 1).sum()),
        "unigram": baselines.unigram(train.examples, examples, vocabulary),
        "unigram_known": baselines.unigram(train.examples, examples, vocabulary, known=True),
        "ln_v": baselines.uniform(vocabulary),
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
