"""Losses without learning: what a model makes of captions, given photos."""

from dataclasses import replace
from types import ModuleType

import numpy as np

from store.chainer_compat import chainer
from train import batches
from train.arithmetic.loss import loss
from train.examples import Examples
from train.model import Array, CaptionModel

CAPTIONS_AT_ONCE = 128
"""Captions of a batch, like in length."""


def caption_losses(model: CaptionModel, examples: Examples, vectors: Array, ops: ModuleType) -> Array:
    """Return the negative log-likelihood of every caption given its photo's vector.

    Args:
        examples: C captions of P photos.
        vectors: (P, D) raw vectors, on the model's device: other vectors than the photos' own are the
            way to ask whether the model looks at the photo.
        ops: `train.arithmetic.reference` or `train.arithmetic.fused`.

    Returns:
        (C,) float64 nats, <EOS> counted.
    """
    totals = np.zeros(len(examples))
    order = np.argsort(-examples.lengths, kind="stable")
    with chainer.no_backprop_mode(), chainer.using_config("train", False):
        for start in range(0, len(order), CAPTIONS_AT_ONCE):
            batch = batches.pack(examples, order[start : start + CAPTIONS_AT_ONCE])
            ones = model.xp.ones(len(batch.targets), np.float32)
            _, losses = loss(model, batch.on(model.xp), vectors[batch.photos], ones, ops=ops)
            np.add.at(totals, batch.captions[batch.rows], chainer.cuda.to_cpu(losses).astype(np.float64))
    return totals


def nats_per_token(model: CaptionModel, examples: Examples, vectors: Array, ops: ModuleType) -> float:
    """Return the mean negative log-likelihood of a target token, <EOS> counted."""
    losses = caption_losses(model, examples, vectors, ops)
    return float(losses.sum() / (examples.lengths + 1).sum())


def ranks(model: CaptionModel, examples: Examples, vectors: Array, most: int, ops: ModuleType) -> Array:
    """Return for each photo how many other photos' captions are likelier, given it, than its own.

    Each photo stands for itself with its first caption; log p(caption | photo) is compared as it is, so a
    photo's caption competes with shorter ones that suit any photo.

    Args:
        examples: at least a caption of each photo.
        vectors: (P, D) raw.
        most: only the first so many photos take part.

    Returns:
        (min(P, most),) ints, 0 where the photo's own caption is the likeliest.
    """
    count = min(len(vectors), most)
    first = np.searchsorted(examples.photo, np.arange(count))
    candidates = replace(
        examples,
        photo=np.arange(count),
        starts=examples.starts[first],
        lengths=examples.lengths[first],
        stars=examples.stars[first],
    )
    found = np.empty(count, np.int64)
    for photo in range(count):
        given = np.broadcast_to(vectors[photo], (count, vectors.shape[1]))
        losses = caption_losses(model, candidates, given, ops)
        found[photo] = (losses < losses[photo]).sum()
    return found
