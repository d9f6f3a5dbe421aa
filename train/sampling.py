"""Which captions of a photo an epoch learns, and how much each weighs."""

import numpy as np

from train.examples import Examples
from train.model import Array
from train.options import TrainOptions


def drawn(examples: Examples, options: TrainOptions, epoch: int) -> Array:
    """Return which captions epoch `epoch` (from 0) learns, as (N,) rows of `examples`, photo by photo.

    The same settings and epoch always draw the same captions, so nothing of a draw needs saving.
    """
    if options.sampling == "one-per-epoch":
        return _first(examples, np.random.default_rng([options.seed, 1, epoch]).random(len(examples)))
    if options.sampling == "one-to-one" and options.choose == "draw":
        return _first(examples, np.random.default_rng([options.seed, 2]).random(len(examples)))
    cap = 1 if options.sampling == "one-to-one" else options.max_captions_per_photo
    return _first(examples, -examples.stars, cap)


def weights(examples: Examples, options: TrainOptions) -> Array:
    """Return what each caption's loss weighs, (len(examples),) float32, 1 on average.

    `stars` weighs by log(2 + stars): a joke nobody starred still counts, and a legend of 100,000 stars
    counts 17 times as much, not 100,000 times.
    """
    if options.weight == "none":
        return np.ones(len(examples), np.float32)
    raw: Array = np.log(2.0 + np.maximum(examples.stars, 0))
    return np.asarray(raw / raw.mean(), np.float32)


def _first(examples: Examples, key: Array, count: int | None = 1) -> Array:
    """Return, of each photo, the rows of its `count` smallest keys; ties keep the order of the data."""
    rows = np.lexsort((np.arange(len(key)), key, examples.photo))
    photo = examples.photo[rows]
    starts = np.flatnonzero(np.r_[True, photo[1:] != photo[:-1]])
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    kept: Array = rows[rank < (len(rows) if count is None else count)]
    return kept
