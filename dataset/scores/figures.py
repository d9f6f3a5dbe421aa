"""What statistics say of scores: how many photos or captions have each, and how its values lie."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Of = Literal["photos", "captions"]
BINS = 20
"""Bars of a score's histogram."""
QUANTILES = {"median": 0.5, "p90": 0.9, "p99": 0.99}


def by_name(lists: pa.ListArray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each score that any of N rows has: its name, which rows have it, and its values, (K,) each.

    Args:
        lists: (N,) the column `scores` of photos, or of captions.
    """
    rows, (names, values) = pc.list_parent_indices(lists).to_numpy(), lists.flatten().flatten()
    values = values.to_numpy(zero_copy_only=False)
    for name in names.unique().drop_null().to_pylist():
        chosen = pc.fill_null(pc.equal(names, name), False).to_numpy(zero_copy_only=False)
        yield name, rows[chosen], values[chosen]


class ScoreCounts:
    """Gathers scores while photos are counted: 4 bytes for each."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[Of, str], list[np.ndarray]] = defaultdict(list)

    def add(self, of: Of, lists: pa.ListArray) -> None:
        """Add the column `scores` of photos, or of captions."""
        for name, _, values in by_name(lists):
            self._values[of, name].append(values)

    def figures(self, totals: Mapping[Of, int]) -> dict[str, dict[str, Any]]:
        """Return what statistics.json says of each score.

        Args:
            totals: how many photos and captions there are.
        """
        found = {}
        for (of, name), parts in sorted(self._values.items(), key=lambda one: (one[0][1], one[0][0])):
            values = np.concatenate(parts)
            found[name] = {
                "of": of,
                "scored": len(values),
                "without": totals[of] - len(values),
                **_lie(values),
                "histogram": histogram(values),
            }
        return found


def histogram(values: np.ndarray) -> list[list[float]]:
    """Return where each of BINS bins of one width begins, and how many of the values (K,) are in it.

    The last bin has the greatest value, too; values that are all the same have one bin. Nobody can draw what
    is infinite or no number: it is left out.
    """
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):
        return []
    low, high = float(values.min()), float(values.max())
    if low == high:
        return [[float(f"{low:.6g}"), len(values)]]
    places = ((values - low) / (high - low) * BINS).astype(np.int64).clip(0, BINS - 1)
    starts = (float(f"{low + (high - low) * place / BINS:.6g}") for place in range(BINS))
    return [[start, int(n)] for start, n in zip(starts, np.bincount(places, minlength=BINS), strict=True)]


def told(scores: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line on each score, as `figures` returns them."""
    for name, one in scores.items():
        given = f"{one['scored']:,} of {one['scored'] + one['without']:,} {one['of']}"
        lie = f"mean {one['mean']:g}, median {one['median']:g}, 90% below {one['p90']:g}"
        yield f"{name}: given to {given}, {one['min']:g} to {one['max']:g}, {lie}"


def _lie(values: np.ndarray) -> dict[str, float]:
    """Return mean, least, greatest and QUANTILES of values (K,), whatever their order."""
    ordered = np.sort(values)
    places = {name: math.ceil(share * len(ordered)) - 1 for name, share in QUANTILES.items()}
    lie = {"mean": ordered.mean(dtype=np.float64), "min": ordered[0]}
    lie |= {name: ordered[place] for name, place in places.items()} | {"max": ordered[-1]}
    return {name: float(f"{value:.6g}") for name, value in lie.items()}
