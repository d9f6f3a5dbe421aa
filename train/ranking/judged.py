"""How often a ranker is right: of two captions of a photo, which has clearly more stars.

P photos that have such pairs, n pairs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from train.evaluation.intervals import DRAWS, LEVEL, SEED
from train.model import Array
from train.ranking.captions import RankedCaptions

BINS = 10


def judged(captions: RankedCaptions, scores: Mapping[str, Array]) -> dict[str, Any]:
    """Return for each way to score captions the share of pairs in which the better one has the higher score.

    A tie counts as half. The interval is a bootstrap over photos: the pairs of a photo have much in common.

    Args:
        scores: (C,) by name.

    Returns:
        `pairs` and `photos`, how many there are; by name `accuracy` (null without a pair) and its `interval`.
    """
    pairs = captions.pairs()
    owners, photo = np.unique(captions.examples.photo[pairs[:, 0]], return_inverse=True)
    found: dict[str, Any] = {"pairs": len(pairs), "photos": len(owners)}
    for name, values in scores.items():
        right = by_photo(rights(values, pairs), photo, len(owners))
        found[name] = {"accuracy": None, "interval": None}
        if len(pairs):
            found[name] = {"accuracy": float(right[:, 0].sum() / len(pairs)), "interval": interval(right)}
    return found


def rights(scores: Array, pairs: Array) -> Array:
    """Return 1 for each pair whose better caption has the higher score, 0.5 for a tie, 0 else: (n,)."""
    difference = scores[pairs[:, 0]] - scores[pairs[:, 1]]
    return np.asarray((np.sign(difference) + 1) / 2)


def by_photo(values: Array, photo: Array, photos: int) -> Array:
    """Return the sum of the values of each photo's pairs, and how many these are: (P, 2)."""
    sums = [np.bincount(photo, weights, photos) for weights in (values, np.ones(len(values)))]
    return np.stack(sums, axis=1)


def interval(sums: Array) -> list[float]:
    """Return the bootstrap interval of the first column's sum divided by the second's; photos are drawn."""
    random = np.random.default_rng(SEED)
    shares = []
    for _ in range(DRAWS):
        drawn = sums[random.integers(len(sums), size=len(sums))].sum(axis=0)
        shares.append(drawn[0] / drawn[1])
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [float(low), float(high)]


def calibration(scores: Array, pairs: Array) -> list[dict[str, float]]:
    """Return how often the ranker is right, by how sure it says it is.

    It says so by σ of the difference of two scores, which the loss of its training makes a probability.

    Returns:
        For each tenth of the pairs, by how sure it is: `says`, the mean probability that it gives the caption
        that it likes more, and `is`, the share of pairs in which that one has more stars.
    """
    difference = scores[pairs[:, 0]] - scores[pairs[:, 1]]
    order = np.argsort(np.abs(difference), kind="stable")
    return [
        {
            "pairs": len(some),
            "says": float((1 / (1 + np.exp(-np.abs(difference[some])))).mean()),
            "is": float(((np.sign(difference[some]) + 1) / 2).mean()),
        }
        for some in np.array_split(order, BINS)
        if len(some)
    ]
