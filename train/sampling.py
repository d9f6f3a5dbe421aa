"""Which captions of a photo an epoch learns, with which words unknown, and the weight of each caption's loss.

C captions, P photos, N sampled captions, R rare tokens.
"""

from dataclasses import replace

import numpy as np

from dataset.text.vocabulary import SPECIALS, UNK
from train.examples import Examples
from train.model import Array
from train.options import TrainOptions


def sample_captions(examples: Examples, options: TrainOptions, epoch: int) -> Array:
    """Return which captions an epoch learns; the same settings and epoch always sample the same ones.

    Args:
        examples: C captions of P photos.
        options: `sampling`, `choose`, `max_captions_per_photo` and `seed` decide.
        epoch: counted from 0.

    Returns:
        (N,) int64 rows of `examples`, photo by photo; N = P where each photo has one.
    """
    # Each use has a stream of its own ([seed, 0, …] orders the batches, […, 3] is dropout's, [seed, 4, …] is
    # that of unknown words), and a stream starts anew with its epoch: a snapshot holds no generator's state.
    if options.sampling == "one-per-epoch":
        return _smallest(examples, np.random.default_rng([options.seed, 1, epoch]).random(len(examples)))
    if options.sampling == "one-to-one" and options.choose == "draw":
        return _smallest(examples, np.random.default_rng([options.seed, 2]).random(len(examples)))
    limit = 1 if options.sampling == "one-to-one" else options.max_captions_per_photo
    return _smallest(examples, -examples.stars, limit)


def rare_tokens(examples: Examples) -> Array:
    """Return where in `examples.stream` the tokens lie that occur there once: (R,) int64.

    Their share is about that of the tokens of new captions that train lacks: with <UNK> in the place of all,
    it becomes about as likely as it should be. Source: Good 1953 (Turing's estimate of what was never seen).
    """
    once = np.bincount(examples.stream) == 1
    once[: len(SPECIALS)] = False
    return np.flatnonzero(once[examples.stream])


def with_unknown(examples: Examples, rare: Array, options: TrainOptions, epoch: int) -> Examples:
    """Return the captions with <UNK> in the place of some rare tokens: another draw in each epoch.

    Args:
        rare: what `rare_tokens` returned, (R,).
        options: `unk_rate` and `seed` decide.
        epoch: counted from 0.

    Source: Dyer et al. 2015 (Stack LSTM), which replaces words that occur once half of the time.
    """
    drawn = np.random.default_rng([options.seed, 4, epoch]).random(len(rare)) < options.unk_rate
    stream = examples.stream.copy()
    stream[rare[drawn]] = UNK
    return replace(examples, stream=stream)


def caption_weights(examples: Examples, options: TrainOptions) -> Array:
    """Return the weight of each caption's loss: (C,) float32, 1 on average.

    `stars` weighs by log(2 + stars): a joke that nobody starred still counts, and one of 100,000 stars
    counts 17 times as much, not 100,000 times.
    """
    if options.weight == "none":
        return np.ones(len(examples), np.float32)
    raw: Array = np.log(2.0 + np.maximum(examples.stars, 0))
    return np.asarray(raw / raw.mean(), np.float32)


def _smallest(examples: Examples, keys: Array, count: int | None = 1) -> Array:
    """Return, of each photo, the rows with the `count` smallest `keys` (C,); ties keep the data's order."""
    # lexsort's last key counts first: by photo, then by key, then by row.
    rows = np.lexsort((np.arange(len(keys)), keys, examples.photo))
    photo = examples.photo[rows]
    starts = np.flatnonzero(np.r_[True, photo[1:] != photo[:-1]])  # (P,) where each photo's rows begin
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))  # (C,) from 0 a photo
    chosen: Array = rows[rank < (len(rows) if count is None else count)]
    return chosen
