"""What decoding asks of a step's logits, read once and without a copy.

Reading is the whole cost: the logits of 192 beams over 20,000 tokens are 15 MB. N rows of a step, V tokens of
the vocabulary, K tokens asked for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.compiled.jit import compiled, exp
from train.model import Array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK = 256
"""Logits per block whose maximum is noted: only blocks that may hold one of the largest are read again."""
SMALLEST, MAGNITUDE = np.int32(-(2**31)), np.int32(2**31 - 1)


def log_sum_exp(logits: Array) -> tuple[Floats, Array]:
    """Return log(sum(exp(row))) of each row, and what `top_k` goes by: see `Ranking`.

    Args:
        logits: (N, V) float32, C-contiguous.

    Returns:
        (N,) float64; and (N, blocks) float32, the maximum of each block of logits.
    """
    sums = np.empty(len(logits))
    maxima = np.empty((len(logits), -(-logits.shape[1] // BLOCK)), np.float32)
    _log_sum_exp(logits, maxima, sums)
    return sums, maxima


def top_k(logits: Array, k: int, maxima: Array) -> tuple[Floats, Ints]:
    """Return the k largest logits of each row, and their columns, largest first: see `Ranking`.

    Args:
        logits: (N, V) float32, C-contiguous; they may have been lowered since `maxima` were noted.
        maxima: what `log_sum_exp` returned; overwritten.

    Returns:
        (N, k) float64 and (N, k) int64.
    """
    values, columns = np.empty((len(logits), k), np.float32), np.empty((len(logits), k), np.int64)
    _top_k(logits, maxima, values, columns)
    return values.astype(np.float64), columns


@compiled()
def _maximum(values: Any) -> Any:
    """Return the largest of float32 `values`, compared as ints of the same order, which LLVM vectorises."""
    # A negative float's bits grow as it falls: turning its magnitude round puts all in the order of ints.
    found = SMALLEST
    bits = values.view(np.int32)
    for position in range(len(bits)):
        found = max(found, bits[position] ^ ((bits[position] >> np.int32(31)) & MAGNITUDE))
    return np.int32(found ^ ((found >> np.int32(31)) & MAGNITUDE)).view(np.float32)


@compiled()
def _log_sum_exp(logits: Any, maxima: Any, sums: Any) -> None:
    """Fill maxima (N, blocks) and sums (N,) float64 from logits (N, V)."""
    for row in range(len(logits)):
        line = logits[row]
        for block in range(maxima.shape[1]):
            maxima[row, block] = _maximum(line[block * BLOCK : (block + 1) * BLOCK])
        highest, total = _maximum(maxima[row]), np.float64(0)
        for start in range(0, len(line), BLOCK):
            part = line[start : start + BLOCK]
            # float32 within a block, where it vectorises; float64 over the blocks, where it would lose
            # digits.
            partial = np.float32(0)
            for column in range(len(part)):
                partial += exp(part[column] - highest)
            total += partial
        sums[row] = np.log(total) + highest


@compiled()
def _top_k(logits: Any, maxima: Any, values: Any, columns: Any) -> None:
    """Fill values and columns (N, K); blocks are read in the order of their maxima, which become -inf."""
    for row in range(len(logits)):
        line, bound, best, chosen = logits[row], maxima[row], values[row], columns[row]
        best[:] = -np.inf
        chosen[:] = 0
        for _ in range(len(bound)):
            block = np.argmax(bound)
            if bound[block] == -np.inf or bound[block] < best[-1]:
                break  # no block that is left can hold a larger one
            bound[block] = -np.inf
            _insert(line[block * BLOCK : (block + 1) * BLOCK], block * BLOCK, best, chosen)


@compiled()
def _insert(part: Any, first: Any, best: Any, chosen: Any) -> None:
    """Insert logits of `part`, whose first column is `first`, into best and chosen (K,), sorted."""
    for column in range(len(part)):
        value, rank = part[column], len(best)
        # Of equal values the lower column wins, as in a stable sort, in whatever order blocks are read.
        while rank > 0 and (
            value > best[rank - 1] or (value == best[rank - 1] and first + column < chosen[rank - 1])
        ):
            rank -= 1
        if rank == len(best) or value == -np.inf:
            continue
        for later in range(len(best) - 1, rank, -1):
            best[later], chosen[later] = best[later - 1], chosen[later - 1]
        best[rank], chosen[rank] = value, first + column
