"""Losses without learning: what a model makes of captions, given photos."""

from types import ModuleType

import numpy as np

from featurize.chainer_compat import chainer
from train import batches
from train.examples import Examples
from train.loss import loss
from train.model import Array, CaptionModel

CAPTIONS_AT_ONCE = 128


def caption_losses(model: CaptionModel, examples: Examples, vectors: Array, parts: ModuleType) -> Array:
    """Return the negative log-likelihood of every caption given its photo's vector.

    Args:
        examples: C captions of P photos.
        vectors: (P, D) raw vectors, on the model's device: other vectors than the photos' own are the
            way to ask whether the model looks at the photo.
        parts: `train.plain` or `train.fused`.

    Returns:
        (C,) float64 nats, <EOS> counted.
    """
    totals = np.zeros(len(examples))
    order = np.argsort(-examples.lengths, kind="stable")
    with chainer.no_backprop_mode(), chainer.using_config("train", False):
        for start in range(0, len(order), CAPTIONS_AT_ONCE):
            batch = batches.pack(examples, order[start : start + CAPTIONS_AT_ONCE])
            ones = model.xp.ones(len(batch.targets), np.float32)
            _, losses = loss(model, batch, vectors[batch.photos], ones, parts=parts)
            np.add.at(totals, batch.captions[batch.rows], chainer.cuda.to_cpu(losses).astype(np.float64))
    return totals


def nats_per_token(model: CaptionModel, examples: Examples, vectors: Array, parts: ModuleType) -> float:
    """Return the mean negative log-likelihood of a target token, <EOS> counted."""
    losses = caption_losses(model, examples, vectors, parts)
    return float(losses.sum() / (examples.lengths + 1).sum())
