"""Chainer's own Adam, with gradient clipping; on any device."""

from typing import Any

from store.chainer_compat import chainer
from train.model import Array, CaptionModel


def adam(model: CaptionModel, rate: float, limit: float | None) -> Any:
    """Return Adam set up for `model`; see `train.arithmetic.arithmetic.Arithmetic`."""
    optimizer = chainer.optimizers.Adam(alpha=rate).setup(model)
    if limit is not None:
        optimizer.add_hook(Clipping(limit))
    return optimizer


def moments(parameter: Any) -> tuple[Array, Array]:
    """Return Adam's two moments of a parameter, not copied: float32 of its shape, zeros at the start."""
    rule = parameter.update_rule
    if rule.state is None:
        rule._init_states(parameter)  # Chainer makes them at the first update; a snapshot needs them sooner
    return rule.state["m"], rule.state["v"]


class Clipping:
    """Scale the gradient to a norm of at most `limit`; unlike Chainer's hook, without waiting for the GPU."""

    name = "Clipping"
    call_for_each_param = False
    timing = "pre"

    def __init__(self, limit: float) -> None:
        self._limit = limit

    def __call__(self, optimizer: Any) -> None:
        """Multiply every gradient by limit / norm where the norm is greater."""
        gradients = [p.grad for p in optimizer.target.params(False) if p.grad is not None]
        xp = chainer.backend.get_array_module(*gradients)
        squares = xp.stack([xp.vdot(gradient, gradient) for gradient in gradients])
        scale = self._limit / xp.maximum(xp.sqrt(squares.sum()), self._limit)  # () on the device
        for gradient in gradients:
            gradient *= scale
