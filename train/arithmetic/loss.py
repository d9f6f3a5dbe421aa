"""The loss of a batch: negative log-likelihood of its target tokens, <EOS> counted, in nats."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic import reference
from train.batches import Batch
from train.model import Array, CaptionModel

Variable = Any


def choose_ops(fused: bool, xp: Any = np) -> ModuleType:
    """Return the module that computes the loss: Bokeru's fused functions on the CPU, else Chainer's own."""
    if not fused or xp is not np:
        return reference
    import train.arithmetic.fused  # Numba takes a second to import

    return train.arithmetic.fused


def loss(
    model: CaptionModel,
    batch: Batch,
    vectors: Array,
    weights: Array,
    ops: ModuleType = reference,
    dropout: "Dropout | None" = None,
) -> tuple[Variable, Array]:
    """Return the loss of a batch to differentiate, and each target token's own.

    Args:
        model: what is trained.
        batch: N captions, T target tokens, on the model's device.
        vectors: (N, D) float32, the raw vectors of the batch's photos.
        weights: (T,) float32, what each token's loss counts in the sum.
        ops: `train.arithmetic.reference` or `train.arithmetic.fused`.
        dropout: None drops nothing.

    Returns:
        The weighted sum, a scalar Variable; and (T,) unweighted losses in nats.
    """
    drop: Callable[[Variable], Variable] = dropout or _keep
    photo = chainer.functions.linear(model.standardised(vectors), model.photo_w, model.photo_b)
    flow = ops.inputs(model.embedding, photo, batch, model.sizes.injection == "every")
    for layer in range(model.sizes.layers):
        upward, bias, lateral = (getattr(model, f"lstm{layer}_{part}") for part in ("x", "b", "h"))
        flow = ops.lstm(drop(flow), upward, bias, lateral, batch.steps)
    result: tuple[Variable, Array] = ops.cross_entropy(
        drop(flow), model.output_w, model.output_b, batch.targets, weights
    )
    return result


def _keep(flow: Variable) -> Variable:
    return flow


class Dropout:
    """Drop a share of values, the same ones for the same seed: nothing of it needs saving.

    Args:
        share: of the values that become zero; the others grow by 1 / (1 - share).
        seed: several integers: the run's, and the update's.
    """

    def __init__(self, share: float, *seed: int) -> None:
        self._share = share
        self._random = np.random.default_rng([*seed, 3])

    def __call__(self, flow: Variable) -> Variable:
        """Return `flow` with values dropped, each by chance alone."""
        kept = self._random.random(flow.shape, np.float32) >= self._share
        mask = chainer.cuda.get_array_module(flow).asarray(kept / np.float32(1 - self._share))
        return flow * mask
