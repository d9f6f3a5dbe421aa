"""The compiled loops of the fused training path on the CPU: each reads and writes its arrays once.

T target tokens, H hidden, V vocabulary; n captions at a step, of which m go on to the next. Arrays are
float32 and C-contiguous unless a docstring names another type.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from train.model import Array

Function = TypeVar("Function", bound=Callable[..., Any])
BLOCK = 65_536
"""Values per block of a sum: blocks are added in order, so the number of threads changes no result."""

# expf reduces x to n * ln 2 + r. ln 2 in two parts keeps r exact: the first has few bits, so n * it is exact.
_LOG2_E = np.float32(1.44269504)
_LN_2_HIGH, _LN_2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)


def compiled(inline: str = "never") -> Callable[[Function], Function]:
    """Return a decorator that compiles with Numba, without Python's lock; machine code is kept on disk."""
    # Sums may be reordered, or they would not vectorise; the order is fixed when the code is compiled, so
    # runs repeat bit for bit. "nnan" and "ninf" are missing on purpose: a model that diverged must show it.
    fast = {"reassoc", "contract", "nsz", "arcp"}
    made = numba.njit(cache=True, fastmath=fast, nogil=True, inline=inline, error_model="numpy")
    return cast(Callable[[Function], Function], made)


@compiled(inline="always")
def exp(x: Any) -> Any:
    """Return e^x within about 1 ulp, float32; x is clamped to -87..87, and NaN stays NaN.

    Numba calls libm's expf once per value; this one is plain arithmetic, which LLVM vectorises.

    Source: the polynomial of Moshier's Cephes library, expf.
    """
    # Beyond 87 or so the exponent would overflow. Both comparisons are false for NaN, which passes through.
    if x < np.float32(-87.0):
        x = np.float32(-87.0)
    if x > np.float32(87.0):
        x = np.float32(87.0)
    n = np.floor(x * _LOG2_E + np.float32(0.5))
    r = (x - n * _LN_2_HIGH) - n * _LN_2_LOW
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + np.float32(1.0)
    # 2**n, made by writing n into the exponent bits of a float32.
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@compiled(inline="always")
def _ordered(bits: Any) -> Any:
    """Map the bits of a float32 to an int32 in the same order, or back.

    LLVM vectorises a maximum of ints, but not of floats as long as NaN counts.
    """
    return np.int32(bits ^ (np.int32(bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))


@compiled()
def softmax_cross_entropy(
    logits: Array, bias: Array, targets: Array, loss_weights: Array, losses: Array
) -> None:
    """Compute each token's loss, and replace the logits by their gradient.

    Args:
        logits: (T, V) without the bias; becomes loss_weights * (softmax - one-hot).
        bias: (V,).
        targets: (T,) int32 ids.
        loss_weights: (T,).
        losses: (T,), filled with negative log-likelihoods in nats. NaN logits give NaN.
    """
    for row in range(len(logits)):
        line = logits[row]
        largest = np.int32(-(2**31))
        for token in range(len(bias)):
            line[token] += bias[token]
            largest = max(largest, _ordered(np.float32(line[token]).view(np.int32)))
        # The largest logit is taken off before exp: all powers are then at most 1, and their sum at least 1.
        highest = np.int32(_ordered(largest)).view(np.float32)
        target_logit = line[targets[row]]
        total = np.float32(0)
        for token in range(len(bias)):
            line[token] = exp(line[token] - highest)
            total += line[token]
        losses[row] = np.log(total) + highest - target_logit
        scale = loss_weights[row] / total
        for token in range(len(bias)):
            line[token] *= scale
        line[targets[row]] -= loss_weights[row]


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


@compiled()
def scatter_add(target: Array, rows: Array, values: Array) -> None:
    """Add values (T, E) float32 to the rows (T,) int of target (V or N, E) float32, in order.

    In order, and on one thread: rows repeat, and another order of additions would change the last bits.
    """
    for position in range(len(rows)):
        line, value = target[rows[position]], values[position]
        for column in range(target.shape[1]):
            line[column] += value[column]


@compiled()
def square_sums(values: Array, sums: Array) -> None:
    """Fill sums (blocks,) float64 with the sum of squares of each BLOCK of values, 1-D of any size."""
    for block in range(len(sums)):
        total = np.float32(0)
        for position in range(block * BLOCK, min((block + 1) * BLOCK, len(values))):
            total += values[position] * values[position]
        sums[block] = total


@compiled()
def adam(
    values: Array, gradient: Array, m: Array, v: Array,
    clip_scale: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any,
) -> None:  # fmt: skip
    """Update parameters and both of Adam's moments in place, in one pass.

    Args:
        values: parameters, 1-D of any size.
        gradient: of the same size.
        m, v: of the same size, the first and the second moment.
        clip_scale: float32, what the gradient is multiplied by beforehand.
        rate: float32, the step size with the bias correction in it.
        beta1, beta2, epsilon: float32.

    Source: Kingma and Ba 2015, as Chainer writes it: epsilon is added to the uncorrected root.
    """
    for position in range(len(values)):
        scaled = gradient[position] * clip_scale
        m[position] += (np.float32(1) - beta1) * (scaled - m[position])
        v[position] += (np.float32(1) - beta2) * (scaled * scaled - v[position])
        values[position] -= rate * m[position] / (np.sqrt(v[position]) + epsilon)
