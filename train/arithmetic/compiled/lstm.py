"""An LSTM over packed captions, and the loops of a step, which decoding shares.

A thread has captions of its own and steps through time with them; its tokens lie together, step by step. The
captions that go on are always the first. T tokens and N captions of the thread, H hidden, S steps; n captions
at a step. Arrays are float32 and C-contiguous.
"""

import numpy as np

from train.arithmetic.compiled import rows
from train.arithmetic.compiled.blas import multiply
from train.arithmetic.compiled.jit import compiled, exp
from train.model import Array


@compiled(inner=True)
def forward(
    counts: Array,
    weights_h: Array,
    bias: Array,
    gates: Array,
    previous: Array,
    cell: Array,
    hidden: Array,
) -> None:
    """Step forward through time.

    Args:
        counts: (S,) int64, the captions that are not over at each step; 0 where all are.
        weights_h: (H, 4H), transposed.
        bias: (4H,).
        gates: (T, 4H) what the inputs add to the gates; becomes the activated gates.
        previous: (T, H), filled with the outputs of the step before, zeros at the first.
        cell: (T, H), filled.
        hidden: (T, H), filled with the outputs.
    """
    before = start = 0
    for count in counts:
        end = start + count
        if start == 0:
            rows.clear(previous[:end])
            lstm_forward(gates[:end], bias, previous, cell[:end], hidden[:end])
        else:
            for row in range(count):
                rows.copy(hidden[before + row], previous[start + row])
            multiply(previous[start:end], weights_h, gates[start:end], 1)  # (n, H) @ (H, 4H)
            lstm_forward(gates[start:end], bias, cell[before:start], cell[start:end], hidden[start:end])
        before, start = start, end


@compiled(inner=True)
def backward(
    counts: Array,
    weights_h: Array,
    gates: Array,
    previous: Array,
    cell: Array,
    grad_hidden: Array,
    grad_cell: Array,
    grad_gates: Array,
) -> None:
    """Step back through time.

    Args:
        counts: (S,) int64, as of `forward`.
        weights_h: (4H, H).
        gates: (T, 4H), activated.
        previous: (T, H), as `forward` left it.
        cell: (T, H).
        grad_hidden: (T, H) the outputs' gradient from the layer above; becomes their whole gradient.
        grad_cell: (N, H), overwritten.
        grad_gates: (T, 4H), filled with the gradient before the gates' activations.
    """
    rows.clear(grad_cell)
    end = len(gates)
    for step in range(len(counts) - 1, -1, -1):
        start = end - counts[step]
        before = start - counts[step - 1] if step else 0
        # Before the first step the cells are zeros, as the first outputs before are.
        earlier = cell[before:start] if step else previous
        now = grad_gates[start:end]
        lstm_backward(gates[start:end], earlier, cell[start:end], grad_hidden[start:end], grad_cell, now)
        if step:
            multiply(now, weights_h, grad_hidden[before : before + counts[step]], 1)  # (n, 4H) @ (4H, H)
        end = start


@compiled(inner=True)
def transpose(matrix: Array, out: Array) -> None:
    """Copy a matrix (M, K) into out (K, M): a small product reads it several times as fast this way round."""
    block = 16  # lines of either that stay in the nearest cache
    for first in range(0, len(matrix), block):
        for row in range(len(out)):
            for column in range(first, min(first + block, len(matrix))):
                out[row, column] = matrix[column, row]


@compiled()
def lstm_forward(gates: Array, bias: Array, previous_cell: Array, cell: Array, hidden: Array) -> None:
    """Compute one step of an LSTM for n captions.

    Args:
        gates: (n, 4H) what inputs and previous outputs add to the input, forget and output gates and the
            candidate; becomes the activated gates, which the backward pass reads.
        bias: (4H,).
        previous_cell: (n, H) or more rows.
        cell: (n, H), filled.
        hidden: (n, H), filled with the outputs.
    """
    one, size = np.float32(1), hidden.shape[1]
    for row in range(len(gates)):
        line = gates[row]
        for gate in range(3 * size):
            line[gate] = one / (one + exp(-(line[gate] + bias[gate])))
        # tanh(x) = 2 / (1 + e^-2x) - 1: the vectorised exp serves it too.
        for gate in range(3 * size, 4 * size):
            line[gate] = np.float32(2) / (one + exp(np.float32(-2) * (line[gate] + bias[gate]))) - one
        for unit in range(size):
            value = line[size + unit] * previous_cell[row, unit] + line[unit] * line[3 * size + unit]
            cell[row, unit] = value
            tanh_cell = np.float32(2) / (one + exp(np.float32(-2) * value)) - one
            hidden[row, unit] = line[2 * size + unit] * tanh_cell


@compiled(inner=True)
def lstm_backward(
    gates: Array,
    previous_cell: Array,
    cell: Array,
    grad_hidden: Array,
    grad_cell: Array,
    grad_gates: Array,
) -> None:
    """Compute the gradients of one step of an LSTM for n captions.

    Args:
        gates: (n, 4H) activated, as `lstm_forward` left them.
        previous_cell: (n, H) or more rows.
        cell: (n, H).
        grad_hidden: (n, H) the outputs' gradient, from the layer above and from the next step.
        grad_cell: (n, H) or more rows, the cells' gradient from the next step; becomes that of
            `previous_cell`.
        grad_gates: (n, 4H), filled with the gradient before the gates' activations.
    """
    one, size = np.float32(1), cell.shape[1]
    for row in range(len(gates)):
        line, out = gates[row], grad_gates[row]
        for unit in range(size):
            input_gate, forget_gate, output_gate = line[unit], line[size + unit], line[2 * size + unit]
            candidate = line[3 * size + unit]
            grad_out = grad_hidden[row, unit]
            # Computed again: the tanh of all cells, kept for this, would be one more (T, H) array to read.
            tanh_cell = np.float32(2) / (one + exp(np.float32(-2) * cell[row, unit])) - one
            grad = grad_cell[row, unit] + grad_out * output_gate * (one - tanh_cell * tanh_cell)
            # sigmoid' = s (1 - s), tanh' = 1 - t^2, in terms of the activated gates.
            out[unit] = grad * candidate * input_gate * (one - input_gate)
            out[size + unit] = grad * previous_cell[row, unit] * forget_gate * (one - forget_gate)
            out[2 * size + unit] = grad_out * tanh_cell * output_gate * (one - output_gate)
            out[3 * size + unit] = grad * input_gate * (one - candidate * candidate)
            grad_cell[row, unit] = grad * forget_gate
