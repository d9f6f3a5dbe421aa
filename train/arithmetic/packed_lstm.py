"""The fused path's LSTM: one product for all inputs, then steps through time with captions divided by thread.

N captions, T target tokens packed as `train.batches.Batch` says, H hidden; I inputs, E or H; n captions at a
step.
"""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic import kernels
from train.arithmetic.threads import divide, product
from train.model import Array

Variable = Any
MIN_CAPTIONS = 32
"""Fewer captions a thread are not worth it: a step's product is then too small to pay for the thread."""


class PackedLSTM(chainer.FunctionNode):  # type: ignore[misc]
    """An LSTM over packed captions.

    Args:
        steps: (longest,) ints, the captions that are not over at each step.
    """

    def __init__(self, steps: Array) -> None:
        self._ends = np.cumsum(steps).tolist()
        self._starts = [0, *self._ends[:-1]]

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """Take x (T, I), weights_x (4H, I), bias (4H,), weights_h (4H, H); return (T, H); all float32."""
        x, weights_x, bias, weights_h = inputs
        size = weights_h.shape[1]
        # What the inputs add to the gates waits for no step, so one large product serves all of them.
        self._gates = product(x, weights_x.T)  # (T, I) @ (I, 4H)
        self._cell, hidden = (np.empty((len(x), size), np.float32) for _ in range(2))
        divide(self._ends[0], lambda captions: self._forward(captions, bias, weights_h, hidden), MIN_CAPTIONS)
        self.retain_inputs((0, 1, 3))
        self.retain_outputs((0,))
        return (hidden,)

    def _forward(self, captions: slice, bias: Array, weights_h: Array, hidden: Array) -> None:
        """Step forward through time with some of the captions; fills their rows of hidden (T, H)."""
        count, size = captions.stop - captions.start, weights_h.shape[1]
        recurrent = np.zeros((count, 4 * size), np.float32)
        previous_cell = np.zeros((count, size), np.float32)
        previous = hidden[:0]
        for now in self._steps(captions):
            going = now.stop - now.start
            if len(previous):
                np.matmul(previous[:going], weights_h.T, out=recurrent[:going])  # (n, H) @ (H, 4H)
            kernels.lstm_forward(
                self._gates[now], recurrent, bias, previous_cell, self._cell[now], hidden[now]
            )
            previous_cell, previous = self._cell[now], hidden[now]

    def _steps(self, captions: slice) -> list[slice]:
        """Return which tokens belong to `captions` at each step at which one of them is not over."""
        steps = zip(self._starts, self._ends, strict=True)
        rows = [slice(start + captions.start, min(start + captions.stop, end)) for start, end in steps]
        return [now for now in rows if now.start < now.stop]

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Take the gradient of the outputs (T, H); return those of the four inputs, in their shapes."""
        x, weights_x, weights_h = (variable.array for variable in self.get_retained_inputs())
        hidden = self.get_retained_outputs()[0].array
        grad_gates = np.empty_like(self._gates)
        grad_hidden = np.ascontiguousarray(gradients[0].array)  # the kernels read C order only
        divide(
            self._ends[0],
            lambda captions: self._backward(captions, grad_hidden, weights_h, grad_gates),
            MIN_CAPTIONS,
        )
        results = (
            product(grad_gates, weights_x),  # (T, 4H) @ (4H, I)
            product(grad_gates.T, x),  # (4H, T) @ (T, I)
            product(grad_gates.T, np.ones(len(grad_gates), np.float32)),  # (4H, T) @ (T,): a column sum
            product(
                grad_gates[self._ends[0] :].T, hidden[self._previous_tokens()]
            ),  # (4H, T - N) @ (T - N, H)
        )
        return tuple(chainer.Variable(result) for result in results)

    def _backward(self, captions: slice, grad_hidden: Array, weights_h: Array, grad_gates: Array) -> None:
        """Step back through time with some of the captions.

        Args:
            captions: which of the N.
            grad_hidden: (T, H) the outputs' gradient from the layer above.
            weights_h: (4H, H).
            grad_gates: (T, 4H), filled with the gradient before the gates' activations.
        """
        shape = captions.stop - captions.start, weights_h.shape[1]
        grad_cell, zeros = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        grad_recurrent = zeros[:0]
        steps = self._steps(captions)
        for now, previous in zip(reversed(steps), [*reversed(steps[:-1]), None], strict=True):
            kernels.lstm_backward(
                self._gates[now],
                zeros if previous is None else self._cell[previous],
                self._cell[now],
                grad_hidden[now],
                grad_recurrent,
                grad_cell[: now.stop - now.start],
                grad_gates[now],
            )
            if previous is not None:
                grad_recurrent = grad_gates[now] @ weights_h  # (n, 4H) @ (4H, H)

    def _previous_tokens(self) -> Array:
        """Return the row of the token before each one after the first step: (T - N,) int64."""
        counts = np.diff([0, *self._ends])
        # Captions keep their row within a step, so the previous token lies one step's count before.
        rows: Array = np.arange(self._ends[0], self._ends[-1]) - np.repeat(counts[:-1], counts[1:])
        return rows
