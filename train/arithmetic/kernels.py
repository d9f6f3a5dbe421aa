"""Arithmetic of the fused training path on the CPU, compiled by Numba: each pass reads and writes once.

N captions, T target tokens, H hidden, V vocabulary; everything float32 and contiguous unless said otherwise.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from train.model import Array

Function = TypeVar("Function", bound=Callable[..., Any])
BLOCK = 65_536
"""Values per block of a sum: sums of blocks are added in order, so no number of threads changes a result."""

_LOG2_E = np.float32(1.44269504)
_LN_2_HIGH, _LN_2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)


def compiled(inline: str = "never") -> Callable[[Function], Function]:
    """Compile with Numba, keeping the machine code on disk; sums may be reordered, NaN and infinity count.

    What is compiled runs without Python's lock: `train.threads` divides the work.
    """
    fast = {"reassoc", "contract", "nsz", "arcp"}
    made = numba.njit(cache=True, fastmath=fast, nogil=True, inline=inline, error_model="numpy")
    return cast(Callable[[Function], Function], made)


@compiled(inline="always")
def exp(x: Any) -> Any:
    """Return e^x to 1 ulp or so for -87 <= x <= 87, the bound's beyond, NaN for NaN: one that vectorises.

    Source: the polynomial of Moshier's Cephes library, expf.
    """
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
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@compiled(inline="always")
def _ordered(bits: Any) -> Any:
    """Turn the bits of a float32 into an int32 that is greater where the float is, or back.

    The greatest of ints can be sought sixteen at a time; that of floats cannot, as long as NaN counts.
    """
    return np.int32(bits ^ (np.int32(bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))


@compiled()
def softmax_cross_entropy(scores: Array, bias: Array, targets: Array, weights: Array, losses: Array) -> None:
    """Turn scores into the gradient of the weighted loss, in place, and note each token's loss.

    Args:
        scores: (T, V) without the bias; becomes weights * (softmax - one-hot).
        bias: (V,).
        targets: (T,) int32.
        weights: (T,).
        losses: (T,), filled with negative log-likelihoods in nats. NaN scores give NaN.
    """
    for row in range(len(scores)):
        line = scores[row]
        most = np.int32(-(2**31))
        for word in range(len(bias)):
            line[word] += bias[word]
            most = max(most, _ordered(np.float32(line[word]).view(np.int32)))
        highest = np.int32(_ordered(most)).view(np.float32)
        wanted = line[targets[row]]
        total = np.float32(0)
        for word in range(len(bias)):
            line[word] = exp(line[word] - highest)
            total += line[word]
        losses[row] = np.log(total) + highest - wanted
        scale = weights[row] / total
        for word in range(len(bias)):
            line[word] *= scale
        line[targets[row]] -= weights[row]


@compiled()
def lstm_forward(
    gates: Array, lateral: Array, bias: Array, before: Array, cell: Array, hidden: Array
) -> None:
    """Do one step of an LSTM for n captions.

    Args:
        gates: (n, 4H) the inputs' part of input, forget, output, candidate; becomes the gates' values.
        lateral: (n, 4H) or more rows, the last outputs' part.
        bias: (4H,).
        before: (n, H) or more rows, the cells after the last step.
        cell: (n, H), filled with the cells after this step.
        hidden: (n, H), filled with the outputs.
    """
    one, size = np.float32(1), hidden.shape[1]
    for row in range(len(gates)):
        line, side = gates[row], lateral[row]
        for place in range(3 * size):
            line[place] = one / (one + exp(-(line[place] + side[place] + bias[place])))
        for place in range(3 * size, 4 * size):
            line[place] = (
                np.float32(2) / (one + exp(np.float32(-2) * (line[place] + side[place] + bias[place]))) - one
            )
        for unit in range(size):
            value = line[size + unit] * before[row, unit] + line[unit] * line[3 * size + unit]
            cell[row, unit] = value
            squashed = np.float32(2) / (one + exp(np.float32(-2) * value)) - one
            hidden[row, unit] = line[2 * size + unit] * squashed


@compiled()
def lstm_backward(
    gates: Array, before: Array, cell: Array, above: Array, later: Array, carried: Array, gradient: Array
) -> None:
    """Undo one step of an LSTM for n captions, of which the first m go on.

    Args:
        gates: (n, 4H) the gates' values.
        before: (n, H) or more rows, the cells before the step.
        cell: (n, H) the cells after it.
        above: (n, H) the outputs' gradient from above.
        later: (m, H) the outputs' gradient from the next step.
        carried: (n, H) the cells' gradient from the next step, zero beyond m; becomes that from this one.
        gradient: (n, 4H), filled with the gradient before the squashing functions.
    """
    one, size = np.float32(1), cell.shape[1]
    for row in range(len(gates)):
        line, out = gates[row], gradient[row]
        for unit in range(size):
            enter, keep, leave = line[unit], line[size + unit], line[2 * size + unit]
            candidate = line[3 * size + unit]
            arriving = above[row, unit]
            if row < len(later):
                arriving += later[row, unit]
            squashed = np.float32(2) / (one + exp(np.float32(-2) * cell[row, unit])) - one
            flowing = carried[row, unit] + arriving * leave * (one - squashed * squashed)
            out[unit] = flowing * candidate * enter * (one - enter)
            out[size + unit] = flowing * before[row, unit] * keep * (one - keep)
            out[2 * size + unit] = arriving * squashed * leave * (one - leave)
            out[3 * size + unit] = flowing * enter * (one - candidate * candidate)
            carried[row, unit] = flowing * keep


@compiled()
def add_rows(into: Array, rows: Array, values: Array) -> None:
    """Add values[i] to into[rows[i]], in order."""
    for place in range(len(rows)):
        line, value = into[rows[place]], values[place]
        for column in range(into.shape[1]):
            line[column] += value[column]


@compiled()
def square_sums(values: Array, sums: Array) -> None:
    """Fill sums (blocks,) float64 with the sum of squares of each BLOCK of flat `values`."""
    for block in range(len(sums)):
        total = np.float32(0)
        for place in range(block * BLOCK, min((block + 1) * BLOCK, len(values))):
            total += values[place] * values[place]
        sums[block] = total


@compiled()
def adam(
    values: Array, gradient: Array, first: Array, second: Array,
    shrink: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any,
) -> None:  # fmt: skip
    """Update flat `values` and both moments in one pass, the gradient multiplied by `shrink` beforehand."""
    for place in range(len(values)):
        slope = gradient[place] * shrink
        first[place] += (np.float32(1) - beta1) * (slope - first[place])
        second[place] += (np.float32(1) - beta2) * (slope * slope - second[place])
        values[place] -= rate * first[place] / (np.sqrt(second[place]) + epsilon)
