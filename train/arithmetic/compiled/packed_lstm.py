"""An LSTM over packed captions as a Chainer function of our own, and the loops of a step.

One product serves all inputs; then the captions step through time, divided among the threads. N captions, T
target tokens packed as `train.batches.Batch` says, H hidden; I inputs, E or H; n captions at a step, of which
m go on to the next. Arrays are float32 and C-contiguous.
"""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.compiled.jit import compiled, exp
from train.arithmetic.threads import divide, product
from train.model import Array

Variable = Any
MIN_CAPTIONS = 32
"""Fewer captions a thread are not worth it: a step's product is then too small to pay for the thread."""


def lstm(x: Variable, weights_x: Variable, bias: Variable, weights_h: Variable, steps: Array) -> Variable:
    """Return an LSTM's outputs, (T, H) float32; see `train.arithmetic.arithmetic.Arithmetic`."""
    return PackedLSTM(steps).apply((x, weights_x, bias, weights_h))[0]


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
            lstm_forward(self._gates[now], recurrent, bias, previous_cell, self._cell[now], hidden[now])
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
            lstm_backward(
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


@compiled()
def lstm_forward(
    gates: Array, recurrent: Array, bias: Array, previous_cell: Array, cell: Array, hidden: Array
) -> None:
    """Compute one step of an LSTM for n captions.

    Args:
        gates: (n, 4H) what the inputs add to the input, forget and output gates and the candidate; becomes
            the activated gates, which the backward pass reads.
        recurrent: (n, 4H) or more rows, what the previous outputs add.
        bias: (4H,).
        previous_cell: (n, H) or more rows.
        cell: (n, H), filled.
        hidden: (n, H), filled with the outputs.
    """
    one, size = np.float32(1), hidden.shape[1]
    for row in range(len(gates)):
        line, more = gates[row], recurrent[row]
        for gate in range(3 * size):
            line[gate] = one / (one + exp(-(line[gate] + more[gate] + bias[gate])))
        # tanh(x) = 2 / (1 + e^-2x) - 1: the vectorised exp serves it too.
        for gate in range(3 * size, 4 * size):
            line[gate] = (
                np.float32(2) / (one + exp(np.float32(-2) * (line[gate] + more[gate] + bias[gate]))) - one
            )
        for unit in range(size):
            value = line[size + unit] * previous_cell[row, unit] + line[unit] * line[3 * size + unit]
            cell[row, unit] = value
            tanh_cell = np.float32(2) / (one + exp(np.float32(-2) * value)) - one
            hidden[row, unit] = line[2 * size + unit] * tanh_cell


@compiled()
def lstm_backward(
    gates: Array,
    previous_cell: Array,
    cell: Array,
    grad_output: Array,
    grad_recurrent: Array,
    grad_cell: Array,
    grad_gates: Array,
) -> None:
    """Compute the gradients of one step of an LSTM for n captions, of which the first m go on.

    Args:
        gates: (n, 4H) activated, as `lstm_forward` left them.
        previous_cell: (n, H) or more rows.
        cell: (n, H).
        grad_output: (n, H) the outputs' gradient from the layer above.
        grad_recurrent: (m, H) the outputs' gradient from the next step.
        grad_cell: (n, H) the cells' gradient from the next step, zero beyond m; becomes that of
            `previous_cell`.
        grad_gates: (n, 4H), filled with the gradient before the gates' activations.
    """
    one, size = np.float32(1), cell.shape[1]
    for row in range(len(gates)):
        line, out = gates[row], grad_gates[row]
        for unit in range(size):
            input_gate, forget_gate, output_gate = line[unit], line[size + unit], line[2 * size + unit]
            candidate = line[3 * size + unit]
            grad_hidden = grad_output[row, unit]
            if row < len(grad_recurrent):
                grad_hidden += grad_recurrent[row, unit]
            # Computed again: the tanh of all cells, kept for this, would be one more (T, H) array to read.
            tanh_cell = np.float32(2) / (one + exp(np.float32(-2) * cell[row, unit])) - one
            grad = grad_cell[row, unit] + grad_hidden * output_gate * (one - tanh_cell * tanh_cell)
            # sigmoid' = s (1 - s), tanh' = 1 - t^2, in terms of the activated gates.
            out[unit] = grad * candidate * input_gate * (one - input_gate)
            out[size + unit] = grad * previous_cell[row, unit] * forget_gate * (one - forget_gate)
            out[2 * size + unit] = grad_hidden * tanh_cell * output_gate * (one - output_gate)
            out[3 * size + unit] = grad * input_gate * (one - candidate * candidate)
            grad_cell[row, unit] = grad * forget_gate
