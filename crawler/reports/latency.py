"""How long answers take: a histogram that never grows, from which quantiles are read."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

BOUNDS = tuple(round(digit * 10.0**power, 6) for power in range(-3, 2) for digit in (1, 1.5, 2, 3, 5, 7))
"""Upper bounds in seconds, each included: 1 ms, 1.5 ms, 2 ms … 70 s. What takes longer has its own count."""


class Latency:
    """Counts of answers by the seconds that they took."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.count, self.sum, self.max = 0, 0.0, 0.0

    def add(self, seconds: float) -> None:
        """Count one answer."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.count += 1
        self.sum += seconds
        self.max = max(self.max, seconds)

    def cumulative(self) -> Iterator[tuple[float, int]]:
        """Yield each bound with the number of answers that took no longer, as Prometheus counts them."""
        yield from zip(BOUNDS, accumulate(self._counts), strict=False)

    def quantile(self, share: float) -> float:
        """Return the seconds within which `share` of the answers came; 0 where there were none.

        Within a bucket, answers are taken to be spread evenly. The buckets' bounds are at most 1.67 times
        apart, so that the result is never further than that from the true one (below 1 ms: by at most 1 ms).
        """
        rank, before, low = share * self.count, 0, 0.0
        for high, up_to in self.cumulative():
            if up_to >= rank and up_to > before:
                return min(low + (high - low) * (rank - before) / (up_to - before), self.max)
            before, low = up_to, high
        return self.max
