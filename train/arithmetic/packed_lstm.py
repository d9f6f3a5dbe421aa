"""The fused path's LSTM: all inputs meet the weights in one product; captions are divided among the threads.

N captions, T target tokens packed as `train.batches.Batch` says, E embedding, H hidden.
"""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic import kernels
from train.arithmetic.threads import divide, product
from train.model import Array

Variable = Any
CAPTIONS = 32
"""A thread is given no fewer captions to go through time with."""


class PackedLSTM(chainer.FunctionNode):  # type: ignore[misc]
    """An LSTM over packed captions."""

    def __init__(self, steps: Array) -> None:
        self._ends = np.cumsum(steps).tolist()
        self._starts = [0, *self._ends[:-1]]

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """See `lstm`."""
        flow, upward, bias, lateral = inputs
        size = lateral.shape[1]
        self._gates = product(flow, upward.T)
        self._cell, hidden = (np.empty((len(flow), size), np.float32) for _ in range(2))
        divide(self._ends[0], lambda part: self._write(part, bias, lateral, hidden), CAPTIONS)
        self.retain_inputs((0, 1, 3))
        self.retain_outputs((0,))
        return (hidden,)

    def _write(self, captions: slice, bias: Array, lateral: Array, hidden: Array) -> None:
        """Go through time with some of the captions."""
        count, size = captions.stop - captions.start, lateral.shape[1]
        sideways = np.zeros((count, 4 * size), np.float32)
        before = np.zeros((count, size), np.float32)
        last = hidden[:0]
        for now in self._steps(captions):
            more = now.stop - now.start
            if len(last):
                np.matmul(last[:more], lateral.T, out=sideways[:more])
            kernels.lstm_forward(self._gates[now], sideways, bias, before, self._cell[now], hidden[now])
            before, last = self._cell[now], hidden[now]

    def _steps(self, captions: slice) -> list[slice]:
        """Return which tokens belong to `captions` at each step at which one of them still goes on."""
        within = zip(self._starts, self._ends, strict=True)
        rows = [slice(start + captions.start, min(start + captions.stop, end)) for start, end in within]
        return [now for now in rows if now.start < now.stop]

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Return the gradients of inputs, upward weights, bias and lateral weights."""
        flow, upward, lateral = (variable.array for variable in self.get_retained_inputs())
        hidden = self.get_retained_outputs()[0].array
        slopes = np.empty_like(self._gates)
        above = np.ascontiguousarray(gradients[0].array)
        divide(self._ends[0], lambda part: self._return(part, above, lateral, slopes), CAPTIONS)
        results = (
            product(slopes, upward),
            product(slopes.T, flow),
            product(slopes.T, np.ones(len(slopes), np.float32)),
            product(slopes[self._ends[0] :].T, hidden[self._previous()]),
        )
        return tuple(chainer.Variable(result) for result in results)

    def _return(self, captions: slice, above: Array, lateral: Array, slopes: Array) -> None:
        """Go back through time with some of the captions.

        Args:
            captions: which of the N.
            above: (T, H) the outputs' gradient.
            lateral: (4H, H).
            slopes: (T, 4H), filled with the gradient before the squashing functions.
        """
        shape = captions.stop - captions.start, lateral.shape[1]
        carried, zeros = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        later = zeros[:0]
        steps = self._steps(captions)
        for now, earlier in zip(reversed(steps), [*reversed(steps[:-1]), None], strict=True):
            kernels.lstm_backward(
                self._gates[now],
                zeros if earlier is None else self._cell[earlier],
                self._cell[now],
                above[now],
                later,
                carried[: now.stop - now.start],
                slopes[now],
            )
            if earlier is not None:
                later = slopes[now] @ lateral

    def _previous(self) -> Array:
        """Return where the token before each is, for those after the first step: (T - N,) ints."""
        counts = np.diff([0, *self._ends])
        rows: Array = np.arange(self._ends[0], self._ends[-1]) - np.repeat(counts[:-1], counts[1:])
        return rows
