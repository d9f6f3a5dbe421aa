"""Adam with gradient clipping and weight decay in one compiled function, which all threads run at once."""

from typing import Any, NamedTuple

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.compiled.denormals import FLUSHED, exchange
from train.arithmetic.compiled.jit import compiled
from train.arithmetic.compiled.meeting import begin, end, meet
from train.arithmetic.compiled.pool import pool_size, together
from train.arithmetic.reference.optimizer import decays, moments
from train.model import Array, CaptionModel

BLOCK = 16_384
"""Values per block of a sum: blocks are added in order, so the number of threads changes no result."""


def adam(model: CaptionModel, rate: float, limit: float | None, decay: float = 0.0) -> Any:
    """Return Adam set up for `model`; see `train.arithmetic.arithmetic.Arithmetic`."""
    return CompiledAdam(rate, limit, decay).setup(model)


class Numbers(NamedTuple):
    """What Adam goes by in an update, float32 each.

    Attributes:
        rate: the step size, with the bias correction in it.
        beta1, beta2, epsilon: Adam's own.
        limit: the largest norm of the whole gradient; infinite where there is none.
        decay: what a matrix loses of itself.
    """

    rate: Any
    beta1: Any
    beta2: Any
    epsilon: Any
    limit: Any
    decay: Any


class CompiledAdam(chainer.optimizers.Adam):  # type: ignore[misc]
    """Chainer's Adam with clipping on the CPU: each array is read and written once, without temporaries.

    Args:
        rate: the step size.
        limit: the largest norm of the whole gradient; None limits nothing.
        decay: each update multiplies the matrices by 1 - step size x decay.

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
        parameters = [each for each in self.target.params(False) if each.grad is not None]
        for parameter in parameters:
            parameter.update_rule.t = self.t
        limit = np.inf if self._limit is None else self._limit
        decay = self.alpha * self._decay
        numbers = (self.alpha_t, self.beta1, self.beta2, self.eps, limit, decay)
        made = Numbers(*map(np.float32, numbers))
        arrays = [(each.array, np.ascontiguousarray(each.grad), *moments(each)) for each in parameters]
        flat = tuple(tuple(array.reshape(-1) for array in each) for each in arrays)
        matrices = np.array([decays(each) for each in parameters])
        sums = np.empty(sum(-(-each.size // BLOCK) for each in parameters))
        threads, norm = pool_size(), np.empty(1)
        together(lambda n, counter: update(n, threads, counter, flat, matrices, sums, norm, made))
        self.gradient_norm = float(norm[0])


@compiled()
def update(
    thread: int, threads: int, counter: Array, flat: Any, matrices: Array, sums: Array, norm: Array,
    numbers: Numbers,
) -> None:  # fmt: skip
    """Update parameters and both of Adam's moments in place; called in every thread.

    Args:
        thread: counted from 0.
        counter: see `meeting.meet`.
        flat: of each parameter, four of a size (M,) float32: values, gradient, first and second moment.
        matrices: (parameters,) bool, which of them decay.
        sums: (blocks,) float64, overwritten.
        norm: (1,) float64, becomes that of the whole gradient.
    """
    begin(thread, counter)
    before = exchange(FLUSHED)  # moments of words that do not occur become ever smaller
    block = 0
    for place in range(len(flat)):
        gradient = flat[place][1]
        for start in range(0, len(gradient), BLOCK):
            if block % threads == thread:
                sums[block] = square_sum(gradient[start : start + BLOCK])
            block += 1
    if meet(counter, threads):
        total = np.float64(0)  # not float32: parameters differ in size by orders of magnitude
        for block in range(len(sums)):
            total += sums[block]
        if thread == 0:
            norm[0] = np.sqrt(total)
        _descend(thread, threads, flat, matrices, np.sqrt(total), numbers)
    exchange(before)
    end(thread, threads, counter)


@compiled(inner=True)
def _descend(thread: int, threads: int, flat: Any, matrices: Array, norm: Any, numbers: Numbers) -> None:
    """Update the thread's share of the parameters; see `update`."""
    # NaN, too, is no reason to clip: a model that diverged must show it.
    scale = np.float32(numbers.limit / norm) if norm > numbers.limit else np.float32(1)
    block = 0
    for place in range(len(flat)):
        values, gradient, m, v = flat[place]
        kept = np.float32(1) - numbers.decay if matrices[place] else np.float32(1)
        for start in range(0, len(values), BLOCK):
            if block % threads == thread:
                some = slice(start, start + BLOCK)
                adam_step(values[some], gradient[some], m[some], v[some], kept, scale, numbers)
            block += 1


@compiled(inner=True)
def square_sum(values: Array) -> Any:
    """Return the sum of squares of float32 values, 1-D."""
    total = np.float32(0)
    for position in range(len(values)):
        total += values[position] * values[position]
    return total


@compiled(inner=True)
def adam_step(
    values: Array, gradient: Array, m: Array, v: Array, kept: Any, scale: Any, numbers: Numbers
) -> None:
    """Update parameters and both of Adam's moments in place, in one pass.

    Args:
        values: parameters, 1-D of any size.
        gradient: of the same size.
        m, v: of the same size, the first and the second moment.
        kept: float32, what the parameters are multiplied by beforehand.
        scale: float32, what the gradient is multiplied by beforehand.

    Source: Kingma and Ba 2015, as Chainer writes it: epsilon is added to the uncorrected root. Of the decay,
    Loshchilov and Hutter 2019, as in `train.arithmetic.reference.optimizer`.
    """
    one = np.float32(1)
    for position in range(len(values)):
        scaled = gradient[position] * scale
        m[position] += (one - numbers.beta1) * (scaled - m[position])
        v[position] += (one - numbers.beta2) * (scaled * scaled - v[position])
        values[position] = kept * values[position] - numbers.rate * m[position] / (
            np.sqrt(v[position]) + numbers.epsilon
        )
