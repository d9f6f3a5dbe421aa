"""The three parts of the loss as Chainer functions of our own: exact, and faster than Chainer's.

The output layer is one product for all steps of a batch; softmax, cross-entropy and gradient are one pass
over its result; the LSTM multiplies its inputs by its weights once for all steps. N captions, T target
tokens packed as `train.batches.Batch` says, E embedding, H hidden, V vocabulary.
"""

from typing import Any

import numpy as np

from featurize.chainer_compat import chainer
from train import kernels
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
    """Return the weighted loss and each token's own; see `train.plain.cross_entropy`."""
    function = LinearCrossEntropy(targets, weights)
    (total,) = function.apply((flow, weight, bias))
    return total, function.losses


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


class PackedLSTM(chainer.FunctionNode):  # type: ignore[misc]
    """An LSTM over packed captions."""

    def __init__(self, steps: Array) -> None:
        self._ends = np.cumsum(steps).tolist()
        self._starts = [0, *self._ends[:-1]]

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """See `lstm`."""
        flow, upward, bias, lateral = inputs
        size = lateral.shape[1]
        gates = flow @ upward.T
        self._cell, hidden = (np.empty((len(flow), size), np.float32) for _ in range(2))
        most = self._ends[0]
        sideways = np.zeros((most, 4 * size), np.float32)
        before = np.zeros((most, size), np.float32)
        last = 0
        for start, end in zip(self._starts, self._ends, strict=True):
            if start:
                np.matmul(hidden[last : last + end - start], lateral.T, out=sideways[: end - start])
            now = slice(start, end)
            kernels.lstm_forward(gates[now], sideways, bias, before, self._cell[now], hidden[now])
            before, last = self._cell[now], start
        self._gates = gates
        self.retain_inputs((0, 1, 3))
        self.retain_outputs((0,))
        return (hidden,)

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Return the gradients of inputs, upward weights, bias and lateral weights."""
        flow, upward, lateral = (variable.array for variable in self.get_retained_inputs())
        hidden = self.get_retained_outputs()[0].array
        slopes = self._through_time(np.ascontiguousarray(gradients[0].array), lateral)
        most = self._ends[0]
        previous = np.concatenate(
            [
                np.arange(last, last + end - start)
                for last, start, end in zip(self._starts, self._starts[1:], self._ends[1:], strict=False)
            ]
            or [np.zeros(0, np.int64)]
        )
        results = (
            slopes @ upward,
            slopes.T @ flow,
            slopes.sum(axis=0),
            slopes[most:].T @ hidden[previous],
        )
        return tuple(chainer.Variable(result) for result in results)

    def _through_time(self, above: Array, lateral: Array) -> Array:
        """Return the gradient (T, 4H) before the squashing functions, from that of the outputs (T, H)."""
        slopes = np.empty_like(self._gates)
        most, size = self._ends[0], lateral.shape[1]
        carried, zeros = (np.zeros((most, size), np.float32) for _ in range(2))
        later = zeros[:0]
        for step in reversed(range(len(self._ends))):
            start, end = self._starts[step], self._ends[step]
            now = slice(start, end)
            before = self._cell[self._starts[step - 1] : start] if step else zeros
            kernels.lstm_backward(
                self._gates[now],
                before,
                self._cell[now],
                above[now],
                later,
                carried[: end - start],
                slopes[now],
            )
            if step:
                later = slopes[now] @ lateral
        return slopes


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
        scores = flow[part] @ weight.T
        kernels.softmax_cross_entropy(
            scores, bias, self._targets[part], self._weights[part], self.losses[part]
        )
        if not chainer.config.enable_backprop:
            return
        ones = np.ones(len(scores), np.float32)
        slopes = scores @ weight, scores.T @ flow[part], ones @ scores
        if part.start == 0:
            self._slopes = [slopes[0]], slopes[1], slopes[2]
            return
        self._slopes[0].append(slopes[0])
        for total, slope in zip(self._slopes[1:], slopes[1:], strict=True):
            total += slope

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Return the gradients of flow, weight and bias."""
        parts, weight, bias = self._slopes
        flow = parts[0] if len(parts) == 1 else np.concatenate(parts)
        above = gradients[0].array
        slopes = (flow, weight, bias) if above == 1 else (flow * above, weight * above, bias * above)
        return tuple(chainer.Variable(slope) for slope in slopes)
