"""The output layer, softmax and cross-entropy, and their gradient, block by block of the vocabulary.

Scores lie as blocks of (tokens, width), of some thousand tokens of the vocabulary at most, so that a tile of
some tokens stays in a core's cache from the product that makes it to the loops that read it. Softmax over the
blocks is exact: each block is kept relative to the largest score so far, and the last largest corrects it.

T target tokens, H hidden, V vocabulary; everything float32 and C-contiguous unless a docstring says so.

Source: of the running maximum, Milakov and Gimelshein 2018, Online normalizer calculation for softmax.
"""

from typing import Any

import numpy as np

from train.arithmetic.compiled import rows
from train.arithmetic.compiled.blas import multiply
from train.arithmetic.compiled.jit import compiled, exp
from train.model import Array

WIDTH = 1024
"""Tokens of the vocabulary in a block, at most."""
TILE = 256
"""Target tokens whose scores of a block are in the cache at once: a megabyte at most."""


def blocks(vocabulary: int) -> tuple[int, int]:
    """Return the number of blocks of a vocabulary, and their width: alike, and whole vectors of 16."""
    count = -(-vocabulary // WIDTH)
    return count, -(-vocabulary // (16 * count)) * 16


@compiled(inner=True)
def losses_and_gradients(
    hidden: Array, weights: Array, bias: Array, targets: Array, loss_weights: Array, smoothing: Any,
    learns: Any, scores: Array, first: int, losses: Array, grad_hidden: Array, grad_bias: Array,
) -> None:  # fmt: skip
    """Compute the losses of some tokens and, where the model learns, gradients.

    Args:
        hidden: (T, H).
        weights: (V, H).
        bias: (V,).
        targets: (T,) int32 ids.
        loss_weights: (T,).
        smoothing: float32, the share of each target that is spread evenly over the vocabulary.
        learns: whether gradients are wanted; the last two arrays are left alone otherwise.
        scores: (blocks, T or more, width); becomes loss_weights x (softmax - smoothed targets). One block may
            serve all where nothing is learned.
        first: the first of the tokens' rows in `scores`.
        losses: (T,), filled with negative log-likelihoods in nats. NaN scores give NaN.
        grad_hidden: (T, H), filled.
        grad_bias: (V,), added to.
    """
    tiles = -(-len(hidden) // TILE)
    for number in range(tiles):
        # Of equal sizes: OpenBLAS is slow where few tokens meet all weights.
        start = len(hidden) * number // tiles
        tile = slice(start, len(hidden) * (number + 1) // tiles)
        tokens, count = tile.stop - start, -(-len(bias) // scores.shape[2])
        highest, total = np.empty((count, tokens), np.float32), np.zeros(tokens, np.float32)
        _score(
            hidden[tile], weights, bias, targets[tile], scores, first + start, losses[tile], highest, total
        )  # fmt: skip
        for row in range(tokens):
            losses[start + row] = np.log(total[row]) + highest[-1, row] - losses[start + row]
        if learns:
            _differentiate(
                weights, targets[tile], loss_weights[tile], smoothing, highest, total, scores, first + start,
                grad_hidden[tile], grad_bias,
            )  # fmt: skip


@compiled(inner=True)
def _score(
    hidden: Array, weights: Array, bias: Array, targets: Array, scores: Array, first: int,
    target_scores: Array, highest: Array, total: Array,
) -> None:  # fmt: skip
    """Fill the blocks of a tile with exponentials of the scores, relative to the highest so far.

    Args:
        target_scores: (T,), filled with the scores of the targets.
        highest: (blocks, T), filled: what the exponentials of each block are relative to.
        total: (T,), becomes their sum, relative to the last of `highest`.
    """
    tokens, width = len(hidden), scores.shape[2]
    largest = np.empty(tokens, np.int32)
    for row in range(tokens):
        largest[row] = _ordered(np.float32(-np.inf).view(np.int32))
    for block in range(len(highest)):
        some = slice(block * width, min((block + 1) * width, len(bias)))
        tile = scores[block % len(scores), first : first + tokens]
        multiply(hidden, weights[some].T, tile[:, : some.stop - some.start], 0)  # (T, H) @ (H, width)
        for row in range(tokens):
            # Such a slice is contiguous for the compiler, and its loops use vectors.
            line = tile[row, : some.stop - some.start]
            before = _float(largest[row])
            largest[row] = _add_bias(line, bias[some], largest[row])
            if some.start <= targets[row] < some.stop:
                target_scores[row] = line[targets[row] - some.start]
            highest[block, row] = _float(largest[row])
            total[row] *= exp(before - highest[block, row])
            total[row] += _exponentiate(line, highest[block, row])


@compiled(inner=True)
def _differentiate(
    weights: Array, targets: Array, loss_weights: Array, smoothing: Any, highest: Array, total: Array,
    scores: Array, first: int, grad_hidden: Array, grad_bias: Array,
) -> None:  # fmt: skip
    """Replace the exponentials of a tile by the scores' gradient, and compute those of outputs and bias."""
    tokens, width = len(targets), scores.shape[2]
    for block in range(len(highest)):
        some = slice(block * width, min((block + 1) * width, len(grad_bias)))
        tile = scores[block, first : first + tokens]
        for row in range(tokens):
            line, weight = tile[row, : some.stop - some.start], loss_weights[row]
            scale = weight / total[row] * exp(highest[block, row] - highest[-1, row])
            even = weight * smoothing / np.float32(len(grad_bias))
            for token in range(len(line)):
                line[token] = line[token] * scale - even
            if some.start <= targets[row] < some.stop:
                line[targets[row] - some.start] -= weight * (np.float32(1) - smoothing)
            rows.add(line, grad_bias[some])
        multiply(tile[:, : some.stop - some.start], weights[some], grad_hidden, block > 0)


@compiled(inner=True)
def weights_gradient(scores: Array, hidden: Array, first: int, keep: Any, grad_weights: Array) -> None:
    """Fill the gradient of some rows of the weights, or add to it.

    Args:
        scores: (blocks, T or more, width), as `losses_and_gradients` left them.
        hidden: (T, H).
        first: the first of these rows.
        keep: 1 adds, 0 fills.
        grad_weights: (rows, H).
    """
    width, last = scores.shape[2], first + len(grad_weights)
    for block in range(first // width, -(-last // width)):
        start, end = max(first, block * width), min(last, (block + 1) * width)
        columns = scores[block, : len(hidden), start - block * width : end - block * width]
        multiply(columns.T, hidden, grad_weights[start - first : end - first], keep)  # (rows, T) @ (T, H)


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
