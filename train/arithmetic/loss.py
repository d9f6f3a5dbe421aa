"""The loss of a batch: negative log-likelihood of its target tokens, <EOS> counted, in nats.

N captions, T target tokens packed as `train.batches.Batch` says, D components of a photo's vector, E
embedding, H hidden.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.arithmetic import Arithmetic
from train.batches import Batch
from train.model import Array, CaptionModel

Variable = Any


def loss(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    loss_weights: Array,
    arithmetic: Arithmetic,
    dropout: "Dropout | None" = None,
) -> tuple[Variable, Array]:
    """Return the loss of a batch, to differentiate, and each target token's own.

    Args:
        model: the model, whose parameters the loss depends on.
        batch: N captions, T target tokens, on the model's device.
        vectors: (N, D) float32, the raw vectors of the batch's photos.
        loss_weights: (T,) float32, the weight of each token's loss in the sum.
        arithmetic: what computes it, for the model's device.
        dropout: None drops nothing.

    Returns:
        The weighted sum, a float32 scalar Variable; and the unweighted losses (T,) float32 in nats.

    Compare Vinyals et al. 2015, Show and Tell, where the photo is an input of its own before the first token.
    """
    drop: Callable[[Variable], Variable] = dropout or _identity
    photo = chainer.functions.linear(model.standardised(vectors), model.photo_w, model.photo_b)
    x = arithmetic.inputs(model.embedding, photo, batch, model.sizes.injection == "every")  # (T, E)
    for layer in range(model.sizes.layers):
        weights_x, bias, weights_h = (getattr(model, f"lstm{layer}_{part}") for part in ("x", "b", "h"))
        x = arithmetic.lstm(drop(x), weights_x, bias, weights_h, batch.steps)  # (T, H)
    result: tuple[Variable, Array] = arithmetic.cross_entropy(
        drop(x), model.output_w, model.output_b, batch.targets, loss_weights
    )
    return result


def _identity(x: Variable) -> Variable:
    return x


class Dropout:
    """Inverted dropout, the same for the same seed, so that a snapshot needs no state of it.

    Args:
        rate: the share of values that become zero; the others grow by 1 / (1 - rate).
        seed: several integers: the run's, the update's, the process's.

    Source: Srivastava et al. 2014; on an LSTM's inputs and outputs only, Zaremba et al. 2014.
    """

    def __init__(self, rate: float, *seed: int) -> None:
        self._rate = rate
        self._random = np.random.default_rng([*seed, 3])

    def __call__(self, x: Variable) -> Variable:
        """Return `x`, of any shape, with each value dropped independently."""
        # Drawn on the host also for a GPU: the same seed then drops the same values on every device.
        kept = self._random.random(x.shape, np.float32) >= self._rate
        mask = chainer.cuda.get_array_module(x).asarray(kept / np.float32(1 - self._rate))
        return x * mask
