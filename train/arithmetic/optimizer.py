"""Adam with gradient clipping: Chainer's own, and the same in one pass over every array."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.threads import divide
from train.model import Array, CaptionModel
from train.options import TrainOptions


def optimizer(options: TrainOptions, model: CaptionModel) -> Any:
    """Return Adam set up for `model`; `options.clip` is the largest norm of the whole gradient."""
    if options.fused and model.xp is np:
        return FusedAdam(options.learning_rate, options.clip).setup(model)
    adam = chainer.optimizers.Adam(alpha=options.learning_rate).setup(model)
    if options.clip is not None:
        adam.add_hook(Clipping(options.clip))
    return adam


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


class FusedAdam(chainer.optimizers.Adam):  # type: ignore[misc]
    """Chainer's Adam with clipping on the CPU: each array is read and written once, without temporaries.

    Args:
        rate: the step size.
        limit: the largest norm of the whole gradient; None limits nothing.
    """

    def __init__(self, rate: float, limit: float | None) -> None:
        super().__init__(alpha=rate)
        self._limit = limit

    def update(self, lossfun: Any = None, *args: Any, **kwargs: Any) -> None:
        """Update the parameters from their gradients.

        Raises:
            TypeError: a loss function is given, as Chainer allows: gradients must be there already.
        """
        from train.arithmetic import kernels  # Numba takes a second to import

        if lossfun is not None or args or kwargs:
            raise TypeError("FusedAdam updates from gradients that were computed already")
        self.t += 1
        clip_scale = np.float32(self._clip_scale())
        numbers = [np.float32(value) for value in (self.alpha_t, self.beta1, self.beta2, self.eps)]
        for parameter, gradient in self._gradients():
            parameter.update_rule.t = self.t
            arrays = (parameter.array, gradient, *moments(parameter))
            flat = [array.reshape(-1) for array in arrays]

            # Defaults bind this round's arrays; a closure would see the next round's.
            def update(part: slice, flat: list[Array] = flat) -> None:
                values, slope, m, v = (array[part] for array in flat)
                kernels.adam(values, slope, m, v, clip_scale, *numbers)

            divide(gradient.size, update, least=kernels.BLOCK)

    def _clip_scale(self) -> float:
        """Return what every gradient is multiplied by."""
        from train.arithmetic import kernels

        if self._limit is None:
            return 1.0
        total = 0.0
        for _, gradient in self._gradients():
            values, sums = gradient.reshape(-1), np.empty(-(-gradient.size // kernels.BLOCK))

            def add(part: slice, values: Array = values, sums: Array = sums) -> None:
                kernels.square_sums(values[part.start * kernels.BLOCK :], sums[part])

            divide(len(sums), add)
            total += float(sums.sum())  # float64: parameters differ in size by orders of magnitude
        return float(self._limit / max(total**0.5, self._limit))

    def _gradients(self) -> Iterator[tuple[Any, Array]]:
        for parameter in self.target.params(False):
            if parameter.grad is not None:
                # `reshape(-1)` must give views of what the kernels read.
                yield parameter, np.ascontiguousarray(parameter.grad)
