"""The three parts of the loss as Chainer functions of our own: exact, and faster than Chainer's.

The output layer is one product for all steps of a batch; softmax, cross-entropy and gradient are one pass
over its result; the LSTM multiplies its inputs by its weights once for all steps. N captions, T target
tokens packed as `train.batches.Batch` says, E embedding, H hidden, V vocabulary.
"""

import threading
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic import kernels
from train.arithmetic.packed_lstm import PackedLSTM
from train.arithmetic.threads import ROWS, divide, product
from train.batches import Batch
from train.model import Array

Variable = Any
CHUNK_BYTES = 100 * 2**20
"""Scores in memory at once. Fewer make more, smaller products, and each adds to the weights' gradient."""


def inputs(embedding: Variable, photo: Variable, batch: Batch, every: bool) -> Variable:
    """Return what the first LSTM reads, (T, E): rows of embedding (V, E), photo (N, E) added."""
    return Inputs(batch, every).apply((embedding, photo))[0]


def lstm(flow: Variable, upward: Variable, bias: Variable, lateral: Variable, steps: Array) -> Variable:
    """Return an LSTM's outputs (T, H); its gates are input, forget, output, candidate."""
    return PackedLSTM(steps).apply((flow, upward, bias, lateral))[0]


def cross_entropy(
    flow: Variable, weight: Variable, bias: Variable, targets: Array, weights: Array
) -> tuple[Variable, Array]:
    """Return the weighted loss and each token's own; see `train.arithmetic.reference.cross_entropy`."""
    function = LinearCrossEntropy(targets, weights)
    (total,) = function.apply((flow, weight, bias))
    return total, function.losses


class _Scores(threading.local):
    """Memory for scores, kept from one update to the next: asking for it anew takes as long as a softmax."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.float32)

    def of(self, tokens: int, vocabulary: int) -> Array:
        """Return an array (tokens, vocabulary) float32 of whatever values, good until the next call."""
        if self._memory.size < tokens * vocabulary:
            self._memory = np.empty(tokens * vocabulary, np.float32)
        return self._memory[: tokens * vocabulary].reshape(tokens, vocabulary)


_scores = _Scores()


class Inputs(chainer.FunctionNode):  # type: ignore[misc]
    """Look embeddings up and add the photos; the gradient of the embedding is one scatter."""

    def __init__(self, batch: Batch, every: bool) -> None:
        self._batch, self._every = batch, every

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """See `inputs`."""
        embedding, photo = inputs
        self._words = embedding.shape
        flow = embedding[self._batch.inputs]
        if self._every:
            flow += photo[self._batch.rows]
        else:
            flow[: len(photo)] += photo
        return (flow,)

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Return the gradients of embedding and photo."""
        flow = np.ascontiguousarray(gradients[0].array)
        count = int(self._batch.steps[0])
        words = np.zeros(self._words, flow.dtype)
        kernels.add_rows(words, self._batch.inputs, flow)
        photo = flow[:count]
        if self._every:
            photo = np.zeros((count, flow.shape[1]), flow.dtype)
            kernels.add_rows(photo, self._batch.rows, flow)
        return chainer.Variable(words), chainer.Variable(photo)


class LinearCrossEntropy(chainer.FunctionNode):  # type: ignore[misc]
    """The output layer and its loss. The gradients are computed on the way, while the scores are at hand."""

    def __init__(self, targets: Array, weights: Array) -> None:
        self._targets, self._weights = targets, weights
        self.losses: Array = np.empty(len(targets), np.float32)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """See `cross_entropy`."""
        flow, weight, bias = inputs
        rows = max(1, CHUNK_BYTES // (4 * len(bias)))
        for start in range(0, len(flow), rows):
            self._chunk(slice(start, start + rows), flow, weight, bias)
        return (np.asarray((self.losses * self._weights).sum(dtype=np.float64), np.float32),)

    def _chunk(self, part: slice, flow: Array, weight: Array, bias: Array) -> None:
        flow, targets, weights, losses = (
            array[part] for array in (flow, self._targets, self._weights, self.losses)
        )
        scores = _scores.of(len(flow), len(bias))
        learning = chainer.config.enable_backprop
        slope = np.empty_like(flow)

        def lose(rows: slice) -> None:
            np.matmul(flow[rows], weight.T, out=scores[rows])
            kernels.softmax_cross_entropy(scores[rows], bias, targets[rows], weights[rows], losses[rows])
            if learning:
                np.matmul(scores[rows], weight, out=slope[rows])

        divide(len(flow), lose, ROWS)
        if not learning:
            return
        slopes = product(scores.T, flow), product(scores.T, np.ones(len(flow), np.float32))
        if part.start == 0:
            self._slopes = [slope], *slopes
            return
        self._slopes[0].append(slope)
        for total, more in zip(self._slopes[1:], slopes, strict=True):
            total += more

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Return the gradients of flow, weight and bias."""
        parts, weight, bias = self._slopes
        flow = parts[0] if len(parts) == 1 else np.concatenate(parts)
        above = gradients[0].array
        slopes = (flow, weight, bias) if above == 1 else (flow * above, weight * above, bias * above)
        return tuple(chainer.Variable(slope) for slope in slopes)
