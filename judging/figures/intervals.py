"""95% intervals of differences between systems: votes are drawn again by photo, and by judge.

Votes on one photo are alike, since its captions are, and votes of one judge are alike, since tastes are. So
whole photos are drawn with replacement, and whole judges, each by themselves: an interval is the wider of
the two. To draw both at once would count the chance of a single vote three times (Owen 2007, The pigeonhole
bootstrap): such intervals hold the truth in nearly all cases where votes are independent.
`benchmarks.judging` measures in how many ours do.

N votes, R draws, G photos or judges.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from judging.figures.davidson import Fit, Integers, Votes, fit

DRAWS = 1000
FEWEST = 5
"""With fewer judges, or photos, how they differ cannot be told: such intervals are of those alone."""
_AT_ONCE = 2**21
"""Weights of votes in memory at a time."""


@dataclass(frozen=True)
class Interval:
    """A value with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Whether 0 is outside."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Spread:
    """The fit of the votes, and those of votes drawn again by some of photos and judges.

    Args:
        fitted: to the votes as they are, R = 1.
        drawn: what was drawn, with how many of it there are.
    """

    fitted: Fit
    drawn: tuple[tuple[int, Fit], ...]

    def difference(self, system: int, other: int) -> Interval:
        """Return how much stronger a system is than another."""
        return self._interval(
            float(self.fitted.difference(system, other)[0]),
            [(count, each.difference(system, other)) for count, each in self.drawn],
        )

    def effect(self, number: int) -> Interval:
        """Return what a covariate adds."""
        drawn = [(count, each.effects[:, number]) for count, each in self.drawn]
        return self._interval(float(self.fitted.effects[0, number]), drawn)

    @staticmethod
    def _interval(value: float, drawn: list[tuple[int, NDArray[np.float64]]]) -> Interval:
        half = max(
            (quantile(count - 1) * float(values.std(ddof=1)) for count, values in drawn), default=np.inf
        )
        return Interval(value, value - half, value + half)


def spread(votes: Votes, systems: int, photos: Integers, judges: Integers, seed: int = 0) -> Spread:
    """Fit votes, and fit them drawn again by photo and by judge, where there are enough of these.

    Args:
        photos, judges: (N,) which photo a vote is about, and whose vote it is, numbered from 0.
    """
    generator = np.random.default_rng(seed)
    drawn = []
    for groups in (photos, judges):
        count = len(np.unique(groups))
        if count >= FEWEST:
            drawn.append((count, _drawn(votes, systems, groups, generator)))
    return Spread(fit(votes, systems), tuple(drawn))


def _drawn(votes: Votes, systems: int, groups: Integers, generator: np.random.Generator) -> Fit:
    _, numbers = np.unique(groups, return_inverse=True)
    count = int(numbers.max()) + 1
    step = max(1, _AT_ONCE // len(votes))
    fits = []
    for start in range(0, DRAWS, step):
        times = generator.multinomial(count, np.full(count, 1 / count), size=min(step, DRAWS - start))
        fits.append(fit(votes, systems, times.astype(float), numbers))
    return Fit(
        np.concatenate([each.strengths for each in fits]),
        np.concatenate([each.ties for each in fits]),
        np.concatenate([each.effects for each in fits]),
    )


def quantile(freedom: int) -> float:
    """Return what 97.5% of Student's t are below, for 4 degrees of freedom and more: to 0.01.

    Source: Abramowitz and Stegun 1964, 26.7.5.
    """
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum((term / float(freedom) ** power for power, term in enumerate(terms, 1)), 0.0)
