"""From which likeness on two photos may show the same: measured on train itself, whatever the network.

S photos of a sample, T photos of train that have vectors, D values in a vector, n of train at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

SAMPLE = 1000
"""S: photos of train whose nearest is looked for."""
CLOSER = 5.0
"""What is so many times closer than photos of train are to their nearest is alike: by 1 - likeness."""
UNMEASURED = 0.9
"""The likeness that counts where train is too small to tell."""
_FEW = 10
_MOST = 0.999
"""The arithmetic's last digits: of a photo with itself, too, the likeness may be less than 1."""


@dataclass(frozen=True)
class Nearness:
    """Which likeness counts.

    Args:
        least: that one: a cosine.
        typical: the median, over a sample of train, of the likeness of a photo and its nearest of another
            group; None where it was not measured.
    """

    least: float
    typical: float | None = None

    def __str__(self) -> str:
        if self.typical is None:
            return f"a likeness of {self.least:g} or more counts"
        return (
            f"a likeness of {self.least:.3f} or more counts: {CLOSER:g} times closer than photos of train "
            f"are to their nearest (half of them {self.typical:.3f} or less)"
        )


def sample_of(sha256s: Iterable[str]) -> list[int]:
    """Return the places of S photos: those with the least sha256, so that more photos change few of them."""
    return [place for _, place in sorted((sha256, place) for place, sha256 in enumerate(sha256s))[:SAMPLE]]


class NearestStrangers:
    """Finds, of each photo of a sample, how like it the nearest photo of another group is.

    Photos of one group are known to show the same: however many copies there are, they tell nothing of what
    is usual.

    Args:
        own: (S, D) unit vectors of the sample.
        groups: (T,) int, the group of each photo of train.
        sample: (S,) places of the sample in train.
    """

    def __init__(self, own: np.ndarray, groups: np.ndarray, sample: np.ndarray) -> None:
        self._own, self._groups, self._sample = own, groups, groups[sample]
        self._best = np.full(len(own), -np.inf)

    def add(self, values: np.ndarray, rows: np.ndarray) -> None:
        """Compare the sample with unit vectors (n, D) of the photos `rows` (n,) of train."""
        likeness = self._own @ values.T
        likeness[self._sample[:, None] == self._groups[rows]] = -np.inf
        self._best = np.maximum(self._best, likeness.max(axis=1, initial=-np.inf))

    def nearness(self) -> Nearness:
        """Return which likeness counts."""
        found = self._best[np.isfinite(self._best)]
        if len(found) < _FEW:
            return Nearness(UNMEASURED)
        typical = float(np.median(found))
        return Nearness(min(1 - (1 - typical) / CLOSER, _MOST), typical)
