"""Chainer's own Adam, with gradient clipping and decoupled weight decay; on any device."""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.model import Array, CaptionModel


def adam(model: CaptionModel, rate: float, limit: float | None, decay: float = 0.0) -> Any:
    """Return Adam set up for `model`; see `train.arithmetic.arithmetic.Arithmetic`."""
    optimizer = ReferenceAdam(alpha=rate).setup(model)
    optimizer.add_hook(_Clipping(limit))
    if decay:
        optimizer.add_hook(_Decay(decay))
    return optimizer


class ReferenceAdam(chainer.optimizers.Adam):  # type: ignore[misc]
    """Chainer's Adam.

    Attributes:
        gradient_norm: of the whole gradient at the last update, before clipping: a scalar where the model is.
    """

    gradient_norm: Any = 0.0


def decays(parameter: Any) -> bool:
    """Return whether weight decay falls on a parameter: on matrices, not on biases, which set base rates."""
    return len(parameter.shape) > 1


def moments(parameter: Any) -> tuple[Array, Array]:
    """Return Adam's two moments of a parameter, not copied: float32 of its shape, zeros at the start."""
    rule = parameter.update_rule
    if rule.state is None:
        rule._init_states(parameter)  # Chainer makes them at the first update; a snapshot needs them sooner
    return rule.state["m"], rule.state["v"]


class _Clipping:
    """Scale the gradient to a norm of at most `limit`; unlike Chainer's hook, without waiting for the GPU."""

    name = "Clipping"
    call_for_each_param = False
    timing = "pre"

    def __init__(self, limit: float | None) -> None:
        self._limit = limit

    def __call__(self, optimizer: Any) -> None:
        """Note the norm, and multiply every gradient by limit / norm where the norm is greater."""
        gradients = [p.grad for p in optimizer.target.params(False) if p.grad is not None]
        xp = chainer.backend.get_array_module(*gradients)
        squares = xp.stack([xp.vdot(gradient, gradient) for gradient in gradients])
        optimizer.gradient_norm = norm = xp.sqrt(squares.sum())  # () on the device
        if self._limit is None:
            return
        scale = self._limit / xp.maximum(norm, self._limit)
        for gradient in gradients:
            gradient *= scale


class _Decay:
    """Shrink the weights by the step size times `decay`, apart from Adam's step.

    Source: Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2, with their
    schedule multiplier and the step size in one, as PyTorch's AdamW has it.
    """

    name = "Decay"
    call_for_each_param = False
    timing = "pre"

    def __init__(self, decay: float) -> None:
        self._decay = decay

    def __call__(self, optimizer: Any) -> None:
        """Multiply every matrix by 1 - step size x decay."""
        for parameter in filter(decays, optimizer.target.params(False)):
            parameter.array *= np.float32(1 - optimizer.alpha * self._decay)
