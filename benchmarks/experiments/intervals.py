"""Intervals: over seeds by Student's t, over seeds and photos by the bootstrap.

S seeds, P photos, B draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.model import Array
from train.runs.seeds import pooled

DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95% interval; the interval is None where there is one seed alone."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        interval = "" if self.low is None else f" [{self.low:+.3f}, {self.high:+.3f}]"
        return f"{self.value:+.3f}{interval}"


def over_seeds(differences: Sequence[float]) -> Estimate:
    """Return the mean of paired differences, one a seed, at least one; the interval holds for other seeds."""
    found = pooled(differences)
    return Estimate(found.mean, found.low, found.high)


def over_seeds_and_photos(one: Array, other: Array) -> Estimate:
    """Return the difference of two ratios of sums, each the mean over seeds, and its interval.

    Seeds and photos are drawn again, with replacement; a draw has the same of both.

    Args:
        one, other: numerators and denominators, (2, S, P); the same photos, in the same order.

    Source: Owen 2007, The pigeonhole bootstrap: both ways of a table are drawn.
    """
    _, seeds, photos = one.shape
    random = np.random.default_rng(0)
    drawn = (random.integers(photos, size=photos) for _ in range(DRAWS))
    times = np.array([np.bincount(each, minlength=photos) for each in drawn], np.float64)  # (B, P)
    chosen = random.integers(seeds, size=(DRAWS, seeds))  # (B, S)

    def difference(weights: Array) -> Array:
        (a, b), (c, d) = (weights @ part.transpose(0, 2, 1) for part in (one, other))  # (B, S) each
        found: Array = a / b - c / d
        return found

    value = float(difference(np.ones((1, photos))).mean())
    values = np.take_along_axis(difference(times), chosen, axis=1).mean(axis=1)
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(value, float(low), float(high))
