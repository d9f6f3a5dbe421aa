"""Figures as functions of sums over photos, and their intervals: photos are drawn again, with replacement.

Photos are the unit, not captions: the captions of a photo have much in common.

n photos, K summands of a figure, B draws.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from train.evaluation import metrics
from train.model import Array

DRAWS, SEED = 1000, 0
LEVEL = 0.95
"""Of the intervals: from the draws' quantile 0.025 to 0.975."""
_BLOCK = 2**22
"""Numbers of the table that says how often each draw has each photo: so many are in memory at once."""
Columns = Mapping[str, Array]
"""Columns of evaluation.parquet: (n,) float64 by name; NaN where a photo was not measured."""


@dataclass(frozen=True)
class Figure:
    """A figure that sums over photos determine.

    Attributes:
        summands: what is summed: K arrays (n,) of the columns; photos with a NaN in one do not take part.
        of: the figure (...) of the sums (..., K); NaN where it is not defined.
    """

    summands: Callable[[Columns], Sequence[Array]]
    of: Callable[[Array], Array]


def _ratio(sums: Array) -> Array:
    result: Array = sums[..., 0] / sums[..., 1]
    return result


def _exp_ratio(sums: Array) -> Array:
    result: Array = np.exp(_ratio(sums))
    return result


def _mean(name: str) -> Figure:
    """Return the mean of a number that each photo has."""
    return Figure(lambda columns: (columns[name], np.ones(len(columns[name]))), _ratio)


def _recall(name: str, k: int) -> Figure:
    """Return the share of photos whose rank, counted from 1, is at most k."""

    def summands(columns: Columns) -> Sequence[Array]:
        rank = columns[name]
        return np.where(np.isnan(rank), np.nan, rank <= k), np.ones(len(rank))

    return Figure(summands, _ratio)


def _bleu(order: int) -> Figure:
    orders = range(1, order + 1)
    names = *(f"matches_{n}" for n in orders), *(f"ngrams_{n}" for n in orders), "length", "reference_length"
    return Figure(lambda columns: [columns[name] for name in names], partial(metrics.bleu, order=order))


FIGURES = {
    "nll": Figure(lambda c: (c["nats"], c["tokens"]), _ratio),
    "nll_known": Figure(lambda c: (c["nats"] - c["unknown_nats"], c["tokens"] - c["unknown"]), _ratio),
    "nll_caption": Figure(lambda c: (c["nats"], c["captions"]), _ratio),
    "nll_character": Figure(lambda c: (c["nats"], c["characters"]), _ratio),
    "perplexity": Figure(lambda c: (c["nats"], c["tokens"]), _exp_ratio),
    "unknown": Figure(lambda c: (c["unknown"], c["tokens"]), _ratio),
    "shuffled_nll": Figure(lambda c: (c["shuffled_nats"], c["compared_tokens"]), _ratio),
    "shuffled_nll_known": Figure(
        lambda c: (
            c["shuffled_nats"] - c["shuffled_unknown_nats"],
            c["compared_tokens"] - c["compared_unknown"],
        ),
        _ratio,
    ),
    "random_nll": Figure(lambda c: (c["random_nats"], c["compared_tokens"]), _ratio),
    "other_photo_nats": Figure(
        lambda c: (c["shuffled_nats"] - c["compared_nats"], c["compared_tokens"]), _ratio
    ),
    "photo_nats": _mean("photo_nats"),
    **{f"recall@{k}": _recall("rank", k) for k in (1, 5, 10)},
    **{f"recall_pmi@{k}": _recall("rank_pmi", k) for k in (1, 5, 10)},
    **{name: _mean(name) for name in ("names", "names_shuffled", "names_human")},
    **{f"bleu_{order}": _bleu(order) for order in (1, 2, 3, 4)},
    **{name: _mean(name) for name in ("rouge_l", "cider", "cider_d", "distinct_1", "distinct_2")},
    **{name: _mean(name) for name in ("self_bleu", "verbatim", "same")},
    **{name: _mean(name) for name in ("clip_score", "clip_score_shuffled", "clip_score_human")},
}
"""Every figure that is measured on photos; all others in evaluation.json are counts and bounds."""


@dataclass(frozen=True)
class Estimate:
    """A figure, or the difference of two, and its interval.

    Attributes:
        value: None where it is not defined.
        low, high: the interval of `LEVEL`; None where there are fewer than two photos.
        photos: n, on which it was measured.
    """

    value: float | None
    low: float | None
    high: float | None
    photos: int


def of_mean(values: Array) -> Estimate:
    """Return the mean of a number that each photo has, with its interval, as `estimates` does.

    Args:
        values: (n,) float64; NaN where a photo was not measured.
    """
    return estimates({"value": values}, {"value": _mean("value")})["value"]


def estimates(columns: Columns, figures: Mapping[str, Figure] = FIGURES) -> dict[str, Estimate]:
    """Return every figure of a split, by name, with its interval.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap: the percentile interval. What is
    common to all captions (the others that one is compared with, the weights of n-grams) stays as it is.
    """
    parts = {name: _summands(figure, columns) for name, figure in figures.items()}
    drawn = zip(figures.items(), _drawn(list(parts.values())), strict=True)
    return {name: _estimate(_values(figure, sums), parts[name]) for (name, figure), sums in drawn}


def differences(one: Columns, other: Columns) -> dict[str, Estimate]:
    """Return every figure of `one` minus that of `other`, by name: paired, by the photos that both measured.

    Args:
        one, other: columns of the same n photos in the same order, such as `by_photo.paired` returns.
    """
    parts: dict[str, tuple[Array, Array]] = {}
    for name, figure in FIGURES.items():
        first, second = _summands(figure, one), _summands(figure, other)
        apart = np.isnan(first[:, :1] + second[:, :1])
        parts[name] = np.where(apart, np.nan, first), np.where(apart, np.nan, second)
    # One list: a draw takes the same photos of both.
    drawn = iter(_drawn([part for pair in parts.values() for part in pair]))
    return {
        name: _estimate(_values(figure, next(drawn)) - _values(figure, next(drawn)), parts[name][0])
        for name, figure in FIGURES.items()
    }


def _summands(figure: Figure, columns: Columns) -> Array:
    """Return the summands (n, K) of a figure; a photo that does not take part has a row of NaN."""
    found = np.stack(figure.summands(columns), axis=1)
    return np.where(np.isnan(found).any(axis=1, keepdims=True), np.nan, found)


def _drawn(parts: Sequence[Array]) -> list[Array]:
    """Return the sums (1 + B, K) of each of `parts` (n, K): over all photos, then over those of each draw."""
    table = np.nan_to_num(np.concatenate(parts, axis=1))
    count, random = len(table), np.random.default_rng(SEED)
    sums = [table.sum(axis=0, keepdims=True)]
    if count:
        size = max(1, _BLOCK // count)
        for start in range(0, DRAWS, size):
            draws = min(size, DRAWS - start)
            times = [np.bincount(random.integers(count, size=count), minlength=count) for _ in range(draws)]
            sums.append(np.array(times, np.float64) @ table)
    return np.split(np.concatenate(sums), np.cumsum([part.shape[1] for part in parts])[:-1], axis=1)


def _values(figure: Figure, sums: Array) -> Array:
    """Return a figure of its sums (1 + B, K): (1 + B,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return figure.of(sums)


def _estimate(values: Array, part: Array) -> Estimate:
    """Return the first of `values` with the interval that the others make."""
    photos = int((~np.isnan(part[:, 0])).sum())
    if not np.isfinite(values[0]):
        return Estimate(None, None, None, photos)
    drawn = values[1:][np.isfinite(values[1:])]
    if photos < 2 or not len(drawn):
        return Estimate(float(values[0]), None, None, photos)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(values[0]), float(low), float(high), photos)
