"""The article's `average_loss`, by the formula of the code that its author published.

That code adds up, over all batches and over the steps of each, the mean negative log-likelihood of the
batch's captions at that step, and divides by the number of captions. Its batches hold captions of one length,
so every caption has a token at every step. Here those that are over no longer count: the mean is over the
captions that still have a token, and batches of one length give the same as there.

The figure is about the nats of a caption divided by the captions of a batch, so it depends on `batch_size`,
and it is no loss per token.

Source: butsugiri/bokete, bin/img2seq/Trainer.py (`evaluate`, `_calc_loss`), 2016-12-30. That this code
printed the article's numbers is an inference.

T target tokens of a process's share of a batch, packed as `train.batches.Batch` says.
"""

import math

import numpy as np

from train.model import Array


def step_shares(lengths: Array, steps: Array) -> Array:
    """Return what each token's loss counts in the sum of its batch's means: one over its step's captions.

    Args:
        lengths: (N,) int64 tokens of each caption of the whole batch, of all processes.
        steps: (longest caption of the share + 1,) int64, as the share's `Batch` has it.

    Returns:
        (T,) float64.
    """
    # A caption of L tokens has L + 1 targets, <EOS> the last: it has one at each step up to L.
    going_on = np.cumsum(np.bincount(lengths)[::-1])[::-1][: len(steps)]
    shares: Array = np.repeat(1 / going_on, steps)
    return shares


def article_loss(step_means: float, captions: float) -> float | None:
    """Return an epoch's figure; None where its first updates were not added up, so that both are NaN.

    Args:
        step_means: the sum over all batches, and over the steps of each, of the mean loss of its captions.
        captions: how many were learned from.
    """
    return None if math.isnan(step_means) else step_means / captions
