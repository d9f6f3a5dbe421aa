"""What votes say of the judges: whether they agree, prefer a side, or do not look.

The exact tests are binomial: k of n, where each is as likely by chance.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

LEAST_CATCH = 4
"""So many catch pairs has a judge seen before anything is said of them."""
MISSED = 0.5
"""Who misses this share of the catch pairs, or more, is careless."""
DOUBT = 0.05


def alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha for names: 1 all agree, 0 as by chance; None where it is not defined.

    Args:
        units: what judges chose, a sequence a pair; pairs with one vote say nothing.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability: 1 - (observed / expected)
    disagreement, from the matrix of coincidences.
    """
    coincidences: dict[tuple[Hashable, Hashable], float] = defaultdict(float)
    for unit in units:
        counts = Counter(unit)
        total = len(unit)
        if total < 2:
            continue
        for one, of_one in counts.items():
            for other, of_other in counts.items():
                pairs = of_one * (of_other - (one == other))
                coincidences[one, other] += pairs / (total - 1)
    totals: dict[Hashable, float] = defaultdict(float)
    for (one, _), count in coincidences.items():
        totals[one] += count
    n = sum(totals.values())
    expected = n**2 - sum(count**2 for count in totals.values())
    if not expected:  # nobody could differ: one value alone, or no two votes on a pair
        return None
    observed = n - sum(count for (one, other), count in coincidences.items() if one == other)
    return 1 - (n - 1) * observed / expected


@dataclass(frozen=True)
class Share:
    """k of n, with Wilson's 95% interval.

    Source: Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22.
    """

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """The least and the most that it may be."""
        if not self.of:
            return 0.0, 1.0
        z, share = NormalDist().inv_cdf(0.975), self.count / self.of
        middle = share + z**2 / (2 * self.of)
        half = z * sqrt(share * (1 - share) / self.of + z**2 / (4 * self.of**2))
        scale = 1 + z**2 / self.of
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def prefers_a_side(left: int, decided: int) -> bool:
    """Tell whether so many of the votes that chose a side went left that it was hardly by chance."""
    return _two_sided(left, decided) < DOUBT


def _two_sided(count: int, of: int) -> float:
    """Return how probable it is, at one half, that a count is as far from the middle, or farther."""
    far = abs(2 * count - of)
    ways: int = sum(comb(of, k) for k in range(of + 1) if abs(2 * k - of) >= far)
    return float(ways / 2**of)


def careless(caught: Mapping[str, Share]) -> list[str]:
    """Return the judges who missed half of the catch pairs that they saw, or more.

    Args:
        caught: catch pairs that were missed, of those that were seen, by judge.
    """
    return sorted(
        judge
        for judge, missed in caught.items()
        if missed.of >= LEAST_CATCH and missed.count >= MISSED * missed.of
    )
