"""What a decoder asks of a step's scores: what they are normalised by, and which tokens are the likeliest.

On the CPU, float32 scores are read by compiled code, once and without a copy; other arrays, a GPU's or a
test's, by the array functions that this code is checked against. Reading is all that costs: the scores of 192
beams over 20,000 tokens are 15 MB.

N rows of a step, V tokens of the vocabulary, K tokens asked for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.kernels import compiled, exp
from train.captions.constraints import namespace
from train.model import Array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK = 256
"""Scores whose highest is noted: only blocks that may hold one of the likeliest are read token by token."""
SMALLEST, SIGN = np.int32(-(2**31)), np.int32(2**31 - 1)


def log_sum_exp(scores: Any) -> Floats:
    """Return log(sum(exp(row))) of each row of scores (N, V), (N,) on the host.

    It is 0 where the scores are log-probabilities, and turns any other scores into them.
    """
    return survey(scores)[0]


def survey(scores: Any) -> tuple[Floats, Array | None]:
    """Return `log_sum_exp` of scores (N, V), and where they are high: what `largest` finds its way by."""
    if compilable(scores):
        sums = np.empty(len(scores))
        peaks = np.empty((len(scores), -(-scores.shape[1] // BLOCK)), np.float32)
        _survey(scores, peaks, sums)
        return sums, peaks
    xp = namespace(scores)
    highest = scores.max(axis=1)
    total = xp.exp(scores - highest[:, None]).sum(axis=1, dtype=np.float64)
    return np.asarray(host(xp.log(total) + highest)), None


def largest(scores: Any, k: int, peaks: Array | None = None) -> tuple[Floats, Ints]:
    """Return the k largest of each row of scores (N, V) and their columns, best first, (N, k) on the host.

    Of equal scores the first comes first. Places beyond a row's finite scores hold -inf and
    any column.

    Args:
        peaks: what `survey` said of the scores; they may have been lowered since.
    """
    if compilable(scores):
        peaks = survey(scores)[1] if peaks is None else peaks
        gains, columns = np.empty((len(scores), k), np.float32), np.empty((len(scores), k), np.int64)
        _largest(scores, peaks, gains, columns)
        return gains.astype(np.float64), columns
    xp = namespace(scores)
    order = xp.argsort(-scores, axis=1, kind="stable")[:, :k]
    return host(xp.take_along_axis(scores, order, axis=1)).astype(np.float64), host(order)


def compilable(scores: Any) -> bool:
    """Return whether the compiled code reads such scores."""
    return isinstance(scores, np.ndarray) and scores.dtype == np.float32 and scores.flags.c_contiguous


def host(array: Any) -> Any:
    """Return a NumPy or CuPy array as a NumPy array."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


@compiled()
def _highest(values: Any) -> Any:
    """Return the largest of float32 `values`.

    As integers whose order is theirs: compilers do not vectorise a maximum of floats, for the sake of NaN.
    """
    found = SMALLEST
    bits = values.view(np.int32)
    for place in range(len(bits)):
        found = max(found, bits[place] ^ ((bits[place] >> np.int32(31)) & SIGN))
    return np.int32(found ^ ((found >> np.int32(31)) & SIGN)).view(np.float32)


@compiled()
def _survey(scores: Any, peaks: Any, sums: Any) -> None:
    """Fill peaks (N, blocks) with the highest score of each block, and sums (N,)."""
    for row in range(len(scores)):
        line = scores[row]
        for block in range(peaks.shape[1]):
            peaks[row, block] = _highest(line[block * BLOCK : (block + 1) * BLOCK])
        highest, total = _highest(peaks[row]), np.float64(0)
        for start in range(0, len(line), BLOCK):
            part = line[start : start + BLOCK]
            partial = np.float32(0)
            for column in range(len(part)):
                partial += exp(part[column] - highest)
            total += partial
        sums[row] = np.log(total) + highest


@compiled()
def _largest(scores: Any, peaks: Any, gains: Any, columns: Any) -> None:
    """Fill gains and columns (N, K), reading blocks by their peaks until none can hold better.

    Peaks that have been used become -inf.
    """
    for row in range(len(scores)):
        line, bound, best, chosen = scores[row], peaks[row], gains[row], columns[row]
        best[:] = -np.inf
        chosen[:] = 0
        for _ in range(len(bound)):
            block = np.argmax(bound)
            if bound[block] == -np.inf or bound[block] < best[-1]:
                break
            bound[block] = -np.inf
            _insert(line[block * BLOCK : (block + 1) * BLOCK], block * BLOCK, best, chosen)


@compiled()
def _insert(part: Any, first: Any, best: Any, chosen: Any) -> None:
    """Put what belongs there of `part`, columns from `first` on, into best and chosen (K,), kept in order."""
    for column in range(len(part)):
        value, place = part[column], len(best)
        while place > 0 and (
            value > best[place - 1] or (value == best[place - 1] and first + column < chosen[place - 1])
        ):
            place -= 1
        if place == len(best) or value == -np.inf:
            continue
        for later in range(len(best) - 1, place, -1):
            best[later], chosen[later] = best[later - 1], chosen[later - 1]
        best[place], chosen[place] = value, first + column
