"""The output layer, softmax and cross-entropy, and their gradient, block by block of the vocabulary.

A thread has some of the blocks, and all tokens: so scores, weights and gradients stay with one core. Threads
meet once in between, since softmax needs the sum over all blocks. Scores lie as blocks of (tokens, width), of
some thousand tokens of the vocabulary at most. A tile of some tokens of a block stays in a core's cache from
the product that makes it to the loops that read it, and then from the loops that turn it into a gradient to
the two products that read that. Softmax over the blocks is exact: each block is kept relative to the largest
score so far, and the largest of all corrects it.

T target tokens, H hidden, V vocabulary; everything float32 and C-contiguous unless a docstring says so.

Source: of the running maximum, Milakov and Gimelshein 2018, Online normalizer calculation for softmax.
"""

from typing import Any, NamedTuple

import numpy as np

from train.arithmetic.compiled import rows
from train.arithmetic.compiled.blas import multiply
from train.arithmetic.compiled.jit import compiled, exp
from train.model import Array

WIDTH = 1024
"""Tokens of the vocabulary in a block, at most."""
TILE = 256
"""Target tokens whose scores of a block are in the cache at once: a megabyte at most."""


class Softmax(NamedTuple):
    """What the threads tell each other of the scores of T tokens, and what they keep for themselves.

    Attributes:
        scores: (blocks, T or more, width): exponentials; one block a thread where nothing is learned.
        highest: (blocks, T): what the exponentials of each block are relative to.
        top: (threads, T): the largest score of the thread's blocks.
        total: (threads, T): the sum of their exponentials, relative to that.
        tile: (threads, TILE, width): the gradient of a tile's scores.
    """

    scores: Array
    highest: Array
    top: Array
    total: Array
    tile: Array


def blocks(vocabulary: int, threads: int) -> tuple[int, int]:
    """Return the number of blocks of a vocabulary, and their width: alike, and whole vectors of 16.

    Each thread has as many, or one less where the vocabulary is too small for that.
    """
    wanted = -(-vocabulary // (WIDTH * threads)) * threads
    width = -(-vocabulary // (16 * wanted)) * 16
    return -(-vocabulary // width), width


@compiled(inner=True)
def score(
    thread: int, mine: slice, hidden: Array, weights: Array, bias: Array, targets: Array, learns: Any,
    made: Softmax, target_scores: Array,
) -> None:  # fmt: skip
    """Fill a thread's blocks with exponentials of the scores, relative to the highest so far.

    Args:
        mine: the thread's blocks.
        hidden: (T, H).
        weights: (V, H).
        bias: (V,).
        targets: (T,) int32 ids.
        learns: whether the exponentials are kept.
        made: its `highest`, `top` and `total` are filled; NaN scores give NaN.
        target_scores: (T,), filled where the target is in the thread's blocks.
    """
    width = made.scores.shape[2]
    tiles = -(-len(hidden) // TILE)
    for number in range(tiles):
        tile = _tile(len(hidden), number, tiles)
        tokens = tile.stop - tile.start
        largest, total = np.empty(tokens, np.int32), made.total[thread, tile]
        for row in range(tokens):
            largest[row], total[row] = _ordered(np.float32(-np.inf).view(np.int32)), 0
        for block in range(mine.start, mine.stop):
            some = _tokens(block, width, len(bias))
            count, part = some.stop - some.start, made.scores[block if learns else thread, tile]
            multiply(hidden[tile], weights[some].T, part[:, :count], 0)  # (T, H) @ (H, width)
            for row in range(tokens):
                # Such a slice is contiguous for the compiler, and its loops use vectors.
                line, target = part[row, :count], targets[tile.start + row]
                before = _float(largest[row])
                largest[row] = _add_bias(line, bias[some], largest[row])
                if some.start <= target < some.stop:
                    target_scores[tile.start + row] = line[target - some.start]
                now = _float(largest[row])
                made.highest[block, tile.start + row] = now
                total[row] = total[row] * exp(before - now) + _exponentiate(line, now)
        for row in range(tokens):
            made.top[thread, tile.start + row] = _float(largest[row])


@compiled(inner=True)
def normalise(made: Softmax, top: Array, total: Array) -> None:
    """Fill top and total (T,) with the largest of all scores and the sum of exponentials relative to it."""
    for token in range(len(top)):
        highest = _ordered(np.float32(made.top[0, token]).view(np.int32))
        for thread in range(1, len(made.top)):
            highest = max(highest, _ordered(np.float32(made.top[thread, token]).view(np.int32)))
        top[token], total[token] = _float(highest), 0
        for thread in range(len(made.top)):
            total[token] += made.total[thread, token] * exp(made.top[thread, token] - top[token])


@compiled(inner=True)
def differentiate(
    thread: int, mine: slice, hidden: Array, weights: Array, targets: Array, loss_weights: Array,
    smoothing: Any, top: Array, total: Array, adds: Any, made: Softmax,
    grad_weights: Array, grad_bias: Array, grad_hidden: Array,
) -> None:  # fmt: skip
    """Turn a thread's exponentials into gradients: of its weights and biases, and its part of the outputs'.

    Args:
        mine: the thread's blocks.
        smoothing: float32, the share of each target that is spread evenly over the vocabulary.
        top, total: as of `normalise`, for these T tokens.
        adds: whether to add to the gradients of weights and biases, or to fill them.
        grad_weights: (V, H), of which the thread's rows are.
        grad_bias: (V,).
        grad_hidden: (T, H), filled.
    """
    width = made.scores.shape[2]
    tiles = -(-len(hidden) // TILE)
    if mine.start == mine.stop:
        rows.clear(grad_hidden)
    for block in range(mine.start, mine.stop):
        some = _tokens(block, width, len(grad_bias))
        if not adds:
            grad_bias[some] = 0
        for number in range(tiles):
            tile = _tile(len(hidden), number, tiles)
            # Another place than the exponentials': what is written there would go back to memory.
            count, lines = some.stop - some.start, made.tile[thread]
            for row in range(tile.stop - tile.start):
                token = tile.start + row
                weight = loss_weights[token]
                scale = weight / total[token] * exp(made.highest[block, token] - top[token])
                even = weight * smoothing / np.float32(len(grad_bias))
                line = lines[row, :count]
                _slope(made.scores[block, token, :count], scale, even, line, grad_bias[some])
                if some.start <= targets[token] < some.stop:
                    own = weight * (np.float32(1) - smoothing)
                    line[targets[token] - some.start] -= own
                    grad_bias[targets[token]] -= own
            # (width, T) @ (T, H), and (T, width) @ (width, H)
            slopes = lines[: tile.stop - tile.start, :count]
            multiply(slopes.T, hidden[tile], grad_weights[some], number > 0 or adds)
            multiply(slopes, weights[some], grad_hidden[tile], block > mine.start)


@compiled(inner=True)
def _tile(tokens: int, number: int, tiles: int) -> slice:
    """Return the tokens of a tile: of equal sizes, as OpenBLAS is slow where few tokens meet all weights."""
    return slice(tokens * number // tiles, tokens * (number + 1) // tiles)


@compiled(inner=True)
def _tokens(block: int, width: int, vocabulary: int) -> slice:
    """Return the tokens of the vocabulary that are in a block."""
    return slice(block * width, min((block + 1) * width, vocabulary))


@compiled(inner=True)
def _slope(exponentials: Array, scale: Any, even: Any, out: Array, total: Array) -> None:
    """Fill out with a line of the scores' gradient, but for the target; add it to total."""
    for token in range(len(out)):
        slope = exponentials[token] * scale - even
        out[token] = slope
        total[token] += slope


@compiled(inline="always")
def _ordered(bits: Any) -> Any:
    """Map the bits of a float32 to an int32 in the same order, or back.

    LLVM vectorises a maximum of ints, but not of floats as long as NaN counts.
    """
    return np.int32(bits ^ (np.int32(bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))


@compiled(inline="always")
def _float(ordered: Any) -> Any:
    """Return the float32 that `_ordered` mapped to an int32."""
    return np.int32(_ordered(ordered)).view(np.float32)


@compiled(inner=True)
def _add_bias(line: Array, bias: Array, largest: Any) -> Any:
    """Add the bias to scores; return the largest of them and of `largest`, both as `_ordered` maps them."""
    for token in range(len(bias)):
        line[token] += bias[token]
        largest = max(largest, _ordered(np.float32(line[token]).view(np.int32)))
    return np.int32(largest)


@compiled(inner=True)
def _exponentiate(line: Array, highest: Any) -> Any:
    """Replace scores by their exponentials relative to the highest, at most 1, and return the sum."""
    total = np.float32(0)
    for token in range(len(line)):
        line[token] = exp(line[token] - highest)
        total += line[token]
    return total
