"""The loss of a batch and its gradients on the CPU; see `train.arithmetic.arithmetic.Arithmetic`."""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.compiled.embedding import inputs
from train.arithmetic.compiled.output import cross_entropy
from train.arithmetic.compiled.packed_lstm import lstm
from train.arithmetic.dropout import Dropout
from train.batches import Batch
from train.model import Array, CaptionModel

Variable = Any


def losses(model: CaptionModel, batch: Batch, vectors: Array) -> Array:
    """Return each target token's loss, (T,) float32."""
    with chainer.no_backprop_mode():
        return _loss(model, batch, vectors, np.ones(len(batch.targets), np.float32), 0.0, None)[1]


def gradients(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    smoothing: float = 0.0,
    dropout: Dropout | None = None,
) -> Array:
    """Fill the gradients, return losses (T,)."""
    model.cleargrads()
    total, each = _loss(model, batch, vectors, loss_weights, smoothing, dropout)
    total.backward()
    return each


def _loss(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    smoothing: float,
    dropout: Dropout | None,
) -> tuple[Variable, Array]:
    def drop(x: Variable) -> Variable:
        return x * dropout.mask(*x.shape) if dropout else x

    photo = chainer.functions.linear(model.standardised(vectors), model.photo_w, model.photo_b)
    x = inputs(model.embedding, photo, batch, model.sizes.injection == "every")  # (T, E)
    for layer in range(model.sizes.layers):
        weights_x, bias, weights_h = (getattr(model, f"lstm{layer}_{part}") for part in ("x", "b", "h"))
        x = lstm(drop(x), weights_x, bias, weights_h, batch.steps)  # (T, H)
    return cross_entropy(drop(x), model.output_w, model.output_b, batch.targets, loss_weights, smoothing)
