"""CIDEr and CIDEr-D: how like a photo's references a caption is; n-grams that few photos have count more.

What public tools print as "CIDEr" is CIDEr-D, 12 to 16% lower on the same tokens: both are here, each under
its name.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from math import exp, log, sqrt

import numpy as np

from train.evaluation.metrics import NONE, ORDERS, Tokens, ngrams
from train.model import Array

SIGMA = 6.0
"""Of CIDEr-D: a caption that is so many tokens longer or shorter than a reference counts exp(-1/2) of it."""
Vector = dict[tuple[str, ...], float]


def cider(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Array:
    """Return CIDEr of each of N captions, 0 to 10: the mean cosine with its references.

    n-grams of 1 to 4 tokens, weighted by the share of photos in `references` that have them. NaN throughout
    where the references are of one photo, which gives all weights 0, or have no n-gram of some length.

    Source: Vedantam et al. 2015, equation 3, times 10 as is the custom.
    """
    return _mean_similarity(captions, references, _cosine)


def cider_d(captions: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> Array:
    """Return CIDEr-D of each of N captions, 0 to 10.

    As CIDEr, but an n-gram counts at most as often as the reference has it, and a length that differs from
    the reference's costs. NaN where CIDEr is.

    Source: Vedantam et al. 2015, section 5, as pycocoevalcap computes it.
    """
    return _mean_similarity(captions, references, _clipped_cosine)


def _mean_similarity(
    captions: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    similarity: Callable[[Vector, Vector, int], float],
) -> Array:
    """Return the mean of `similarity` over a photo's references, and over n-grams of 1 to 4 tokens, (N,).

    `similarity` is given the weighted n-grams of a caption and of a reference, and how much longer it is.
    """
    totals = np.zeros(len(captions))
    for order in range(1, ORDERS + 1):
        weights = _weights(references, order)
        if weights is None:
            return np.full(len(captions), NONE)
        rarest = log(len(references))  # the weight of an n-gram that no reference has
        for row, (caption, others) in enumerate(zip(captions, references, strict=True)):
            vector = _weighted(caption, order, weights, rarest)
            totals[row] += sum(
                similarity(vector, _weighted(other, order, weights, rarest), len(caption) - len(other))
                for other in others
            ) / len(others)
    return 10 * totals / ORDERS


def _weights(references: Sequence[Sequence[Tokens]], order: int) -> Vector | None:
    """Return the logarithm of photos over photos that have it of each n-gram; None where all would be 0."""
    photos_with = Counter(  # counts a photo once, however many of its references have the n-gram
        gram for others in references for gram in {g for other in others for g in ngrams(other, order)}
    )
    if len(references) < 2 or not photos_with:
        return None
    return {gram: log(len(references) / count) for gram, count in photos_with.items()}


def _weighted(tokens: Tokens, order: int, weights: Vector, rarest: float) -> Vector:
    """Return how often each n-gram of a caption occurs, times its weight.

    The paper divides by the number of n-grams, which changes no cosine.
    """
    return {gram: count * weights.get(gram, rarest) for gram, count in ngrams(tokens, order).items()}


def _cosine(one: Vector, other: Vector, _: int) -> float:
    return _over_sizes(sum(value * other.get(gram, 0.0) for gram, value in one.items()), one, other)


def _clipped_cosine(one: Vector, other: Vector, longer: int) -> float:
    common = sum(min(value, other.get(gram, 0.0)) * other.get(gram, 0.0) for gram, value in one.items())
    return exp(-(longer**2) / (2 * SIGMA**2)) * _over_sizes(common, one, other)


def _over_sizes(product: float, one: Vector, other: Vector) -> float:
    size = sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return product / size if size else 0.0
