"""Adam with gradient clipping in one pass over every array."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.compiled.jit import compiled
from train.arithmetic.reference.optimizer import decays, moments
from train.arithmetic.threads import divide
from train.model import Array, CaptionModel

BLOCK = 65_536
"""Values per block of a sum: blocks are added in order, so the number of threads changes no result."""


def adam(model: CaptionModel, rate: float, limit: float | None, decay: float = 0.0) -> Any:
    """Return Adam set up for `model`; see `train.arithmetic.arithmetic.Arithmetic`."""
    return CompiledAdam(rate, limit, decay).setup(model)


class CompiledAdam(chainer.optimizers.Adam):  # type: ignore[misc]
    """Chainer's Adam with clipping on the CPU: each array is read and written once, without temporaries.

    Args:
        rate: the step size.
        limit: the largest norm of the whole gradient; None limits nothing.
        decay: each update takes this share of the step size off the matrices.

    Attributes:
        gradient_norm: of the whole gradient at the last update, before clipping.
    """

    def __init__(self, rate: float, limit: float | None, decay: float) -> None:
        super().__init__(alpha=rate)
        self._limit, self._decay, self.gradient_norm = limit, decay, 0.0

    def update(self, lossfun: Any = None, *args: Any, **kwargs: Any) -> None:
        """Update the parameters from their gradients.

        Raises:
            TypeError: a loss function is given, as Chainer allows: gradients must be there already.
        """
        if lossfun is not None or args or kwargs:
            raise TypeError("CompiledAdam updates from gradients that were computed already")
        self.t += 1
        self.gradient_norm = self._norm()
        limit = self.gradient_norm if self._limit is None else self._limit
        clip_scale = np.float32(limit / max(self.gradient_norm, limit, 1e-38))
        numbers = [np.float32(value) for value in (self.alpha_t, self.beta1, self.beta2, self.eps)]
        for parameter, gradient in self._gradients():
            parameter.update_rule.t = self.t
            arrays = (parameter.array, gradient, *moments(parameter))
            kept = np.float32(1 - self.alpha * self._decay if decays(parameter) else 1)
            flat = [array.reshape(-1) for array in arrays]

            # Defaults bind this round's arrays; a closure would see the next round's.
            def update(part: slice, flat: list[Array] = flat, kept: Any = kept) -> None:
                values, slope, m, v = (array[part] for array in flat)
                adam_step(values, slope, m, v, kept, clip_scale, *numbers)

            divide(gradient.size, update, least=BLOCK)

    def _norm(self) -> float:
        """Return the norm of the whole gradient."""
        total = 0.0
        for _, gradient in self._gradients():
            values, sums = gradient.reshape(-1), np.empty(-(-gradient.size // BLOCK))

            def add(part: slice, values: Array = values, sums: Array = sums) -> None:
                square_sums(values[part.start * BLOCK :], sums[part])

            divide(len(sums), add)
            total += float(sums.sum())  # float64: parameters differ in size by orders of magnitude
        return float(total**0.5)

    def _gradients(self) -> Iterator[tuple[Any, Array]]:
        for parameter in self.target.params(False):
            if parameter.grad is not None:
                # `reshape(-1)` must give views of what the kernels read.
                yield parameter, np.ascontiguousarray(parameter.grad)


@compiled()
def square_sums(values: Array, sums: Array) -> None:
    """Fill sums (blocks,) float64 with the sum of squares of each BLOCK of values, 1-D of any size."""
    for block in range(len(sums)):
        total = np.float32(0)
        for position in range(block * BLOCK, min((block + 1) * BLOCK, len(values))):
            total += values[position] * values[position]
        sums[block] = total


@compiled()
def adam_step(
    values: Array, gradient: Array, m: Array, v: Array,
    kept: Any, clip_scale: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any,
) -> None:  # fmt: skip
    """Update parameters and both of Adam's moments in place, in one pass.

    Args:
        values: parameters, 1-D of any size.
        gradient: of the same size.
        m, v: of the same size, the first and the second moment.
        kept: float32, what the parameters are multiplied by beforehand.
        clip_scale: float32, what the gradient is multiplied by beforehand.
        rate: float32, the step size with the bias correction in it.
        beta1, beta2, epsilon: float32.

    Source: Kingma and Ba 2015, as Chainer writes it: epsilon is added to the uncorrected root.
    """
    for position in range(len(values)):
        scaled = gradient[position] * clip_scale
        m[position] += (np.float32(1) - beta1) * (scaled - m[position])
        v[position] += (np.float32(1) - beta2) * (scaled * scaled - v[position])
        values[position] = kept * values[position] - rate * m[position] / (np.sqrt(v[position]) + epsilon)
