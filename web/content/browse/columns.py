"""Columns of a dataset as histograms, each bar of which is a range that a filter can ask for.

P photos, C captions, N of either, B bins. Bins are those of the whole dataset, so that views compare; what is
counted are the photos or captions of a view.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.scores.figures import Of
from dataset.scores.figures import histogram as score_bins
from web.content.browse.order import SCORE, values
from web.content.catalogue import NEVER, Catalogue

BARS = 30
"""So many bars at the most, where they all are of one width."""
_LAST_DAY = np.datetime64("9999-12-31")
"""Python knows no later one, and so no filter."""


@dataclass(frozen=True)
class Bin:
    """A range of values: its label below a bar, its ends in words, and what a filter asks for it by."""

    label: str
    ends: str
    query: Mapping[str, object]


@dataclass(frozen=True)
class Column:
    """A column of photos or captions.

    Args:
        bins: B ranges.
        codes: (N,) the bin that each is in, -1 for none.
    """

    of: Of
    bins: list[Bin]
    codes: NDArray[np.int16]

    def counts(self, chosen: NDArray[np.bool_]) -> list[int]:
        """Return how many of those that are chosen, (N,), are in each bin."""
        counts: list[int] = np.bincount(self.codes[chosen] + 1, minlength=len(self.bins) + 1)[1:].tolist()
        return counts


def columns(catalogue: Catalogue) -> Iterator[tuple[str, Column]]:
    """Yield the columns with their names: those of every dataset, then SCORE and the name of each score."""
    for name in (*_MADE, *(f"{SCORE}{name}" for name in catalogue.scores)):
        yield name, catalogue.derived.get(("column", name), None, partial(_column, catalogue, name))


def _column(catalogue: Catalogue, name: str) -> Column:
    if name in _MADE:
        return _MADE[name](catalogue)
    own = name.removeprefix(SCORE)
    score = catalogue.scores[own]
    if score.of == "photos":
        return _of_score(own, score.of, score.values)
    return _of_shown(catalogue, score.values, partial(_of_score, own, score.of))


def _of_shown(catalogue: Catalogue, values: NDArray[Any], make: Callable[[NDArray[Any]], Column]) -> Column:
    """Return a column of captions, (C,), whose bins tell nothing of those that are hidden."""
    shown = ~catalogue.hidden
    column = make(values[shown])
    codes = np.full(len(values), -1, np.int16)
    codes[shown] = column.codes
    return replace(column, codes=codes)


def _best(catalogue: Catalogue) -> NDArray[np.int64]:
    """Return the stars of each photo's best caption, (P,); 0 where it has none."""
    return np.nan_to_num(values(catalogue, "stars")).astype(np.int64)


def _counted(of: Of, numbers: NDArray[np.integer], fields: tuple[str, str]) -> Column:
    """Return bins of equal width, from the first that holds anything."""
    # They are whole numbers wide, so that each stands for the same number of values.
    step = max(1, -(-(int(numbers.max(initial=0)) + 1) // BARS))
    places = numbers // step
    first, last = (int(places.min()), int(places.max())) if len(places) else (0, 0)
    bins = [_whole(at * step, at * step + step - 1, fields) for at in range(first, last + 1)]
    return Column(of, bins, (places - first).astype(np.int16))


def _by_magnitude(of: Of, numbers: NDArray[np.int64], fields: tuple[str, str] | None) -> Column:
    """Return bins whose widths grow: 0, 1, 2–3, 4–9, 10–31, 32–99, 100–…"""
    # Half a power of ten each: stars span five orders of magnitude.
    bounds = [0, 1, 2, 4, 10, 32]
    while bounds[-1] <= int(numbers.max(initial=0)):
        bounds.append(bounds[-2] * 10)
    bins = [_whole(low, high - 1, fields) for low, high in pairwise(bounds)]
    return Column(of, bins, (np.searchsorted(bounds, numbers, "right") - 1).astype(np.int16))


def _whole(low: int, high: int, fields: tuple[str, str] | None) -> Bin:
    ends = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    label = f"{low // 1000:,}k" if low >= 1000 else str(low)
    return Bin(label, ends, dict(zip(fields, (low, high), strict=True)) if fields else {})


def _by_time(posted: NDArray[np.int64]) -> Column:
    """Return a bin for each day, month or year: the shortest of these of which there are few enough."""
    times = posted.view("datetime64[us]")  # NEVER is what NumPy takes for no time
    known = posted != NEVER
    if not known.any():
        return Column("captions", [], np.full(len(posted), -1, np.int16))
    ends = times[known].min(), times[known].max()
    for unit in ("D", "M", "Y"):
        first, last = (end.astype(f"datetime64[{unit}]") for end in ends)
        if last - first < np.timedelta64(BARS, unit):
            break
    units = int((last - first).astype(np.int64)) + 1
    step = -(-units // BARS)
    starts = [first + np.timedelta64(at, unit) for at in range(0, units, step)]
    places = (times.astype(f"datetime64[{unit}]") - first).astype(np.int64) // step
    codes = np.where(known, places, -1).astype(np.int16)
    return Column("captions", [_span(start, start + np.timedelta64(step, unit)) for start in starts], codes)


def _span(start: np.datetime64, end: np.datetime64) -> Bin:
    """Return the bin of the days from `start` to the one before `end`."""
    first, last = start.astype("datetime64[D]"), min(end.astype("datetime64[D]") - 1, _LAST_DAY)
    label = str(start)
    return Bin(label, label, {"posted_from": str(first), "posted_to": str(last)})


def _of_score(name: str, of: Of, values: NDArray[np.floating]) -> Column:
    """Return bins of equal width, as statistics.json has them of a score.

    A filter that asks for one names the least and the greatest value in it: neighbours share its ends.
    """
    found, numbers = score_bins(values), np.full(len(values), -1, np.int16)
    finite = np.isfinite(values)
    inside = values[finite].astype(np.float64)
    if found:
        low, high = inside.min(), inside.max()
        places = ((inside - low) / ((high - low) or 1.0) * len(found)).astype(np.int64)
        numbers[finite] = places.clip(0, len(found) - 1)
    starts = [f"{start:g}" for start, _ in found]
    ends = [*starts[1:], f"{inside.max():g}"] if len(found) > 1 else [""] * len(found)
    bins = []
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        own = values[numbers == at]
        query = {"score": name, "score_min": str(own.min()), "score_max": str(own.max())} if len(own) else {}
        bins.append(Bin(f"{found[at][0]:.3g}", f"{start}–{end}" if end else start, query))
    return Column(of, bins, numbers)


_MADE: Mapping[str, Callable[[Catalogue], Column]] = {
    "captions": lambda made: _counted("photos", made.counts, ("captions_min", "captions_max")),
    "stars": lambda made: _of_shown(
        made, made.stars, lambda stars: _by_magnitude("captions", stars, ("stars", "stars_max"))
    ),
    "length": lambda made: _of_shown(
        made, made.lengths, lambda lengths: _counted("captions", lengths, ("length_min", "length_max"))
    ),
    "posted": lambda made: _of_shown(made, made.posted, _by_time),
    "best": lambda made: _by_magnitude("photos", _best(made), None),
}
"""The columns of every dataset. No filter asks for a range of a photo's best stars."""
