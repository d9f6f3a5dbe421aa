"""The three operations of the loss as Chainer functions of our own: exact, and faster than Chainer's.

The output layer is one product for all steps of a batch; softmax, cross-entropy and their gradient are one
pass over its logits; the LSTM multiplies its inputs by its weights once for all steps. N captions, T target
tokens packed as `train.batches.Batch` says, E embedding, H hidden, V vocabulary; I inputs of an LSTM, E or H.
"""

import threading
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic import kernels
from train.arithmetic.packed_lstm import PackedLSTM
from train.arithmetic.threads import MIN_ROWS, divide, product
from train.batches import Batch
from train.model import Array

Variable = Any
CHUNK_BYTES = 100 * 2**20
"""Logits in memory at once. Fewer make more, smaller products, and each adds to the weights' gradient."""


def inputs(embedding: Variable, photo: Variable, batch: Batch, every: bool) -> Variable:
    """Return what the first LSTM reads, (T, E) float32; see `train.arithmetic.reference.inputs`."""
    return Inputs(batch, every).apply((embedding, photo))[0]


def lstm(x: Variable, weights_x: Variable, bias: Variable, weights_h: Variable, steps: Array) -> Variable:
    """Return an LSTM's outputs, (T, H) float32; see `train.arithmetic.reference.lstm`."""
    return PackedLSTM(steps).apply((x, weights_x, bias, weights_h))[0]


def cross_entropy(
    hidden: Variable, weights: Variable, bias: Variable, targets: Array, loss_weights: Array
) -> tuple[Variable, Array]:
    """Return the weighted loss, and each token's own (T,) float32 in nats.

    See `train.arithmetic.reference.cross_entropy`.
    """
    function = LinearCrossEntropy(targets, loss_weights)
    (total,) = function.apply((hidden, weights, bias))
    return total, function.losses


class _LogitsBuffer(threading.local):
    """Memory for logits, kept from one update to the next: a new allocation takes as long as a softmax."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.float32)

    def array(self, tokens: int, vocabulary: int) -> Array:
        """Return an uninitialised array (tokens, vocabulary) float32, valid until the next call."""
        if self._memory.size < tokens * vocabulary:
            self._memory = np.empty(tokens * vocabulary, np.float32)
        return self._memory[: tokens * vocabulary].reshape(tokens, vocabulary)


_logits = _LogitsBuffer()


class Inputs(chainer.FunctionNode):  # type: ignore[misc]
    """Embedding look-up plus photos; the gradient of the embedding is one scatter."""

    def __init__(self, batch: Batch, every: bool) -> None:
        self._batch, self._every = batch, every

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """Take embedding (V, E) and photo (N, E); return x (T, E); all float32."""
        embedding, photo = inputs
        self._embedding_shape = embedding.shape
        x = embedding[self._batch.inputs]
        if self._every:
            x += photo[self._batch.rows]
        else:
            x[: len(photo)] += photo  # the first N packed tokens are the captions' <BOS>
        return (x,)

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Take the gradient of x (T, E); return those of embedding (V, E) and photo (N, E); all float32."""
        grad_x = np.ascontiguousarray(gradients[0].array)  # the kernels read C order only
        count = int(self._batch.steps[0])
        grad_embedding = np.zeros(self._embedding_shape, grad_x.dtype)
        kernels.scatter_add(grad_embedding, self._batch.inputs, grad_x)
        grad_photo = grad_x[:count]
        if self._every:
            grad_photo = np.zeros((count, grad_x.shape[1]), grad_x.dtype)
            kernels.scatter_add(grad_photo, self._batch.rows, grad_x)
        return chainer.Variable(grad_embedding), chainer.Variable(grad_photo)


class LinearCrossEntropy(chainer.FunctionNode):  # type: ignore[misc]
    """The output layer and its loss; the forward pass computes the gradients too, before it drops the logits.

    Args:
        targets: (T,) int32 ids.
        loss_weights: (T,) float32.
    """

    def __init__(self, targets: Array, loss_weights: Array) -> None:
        self._targets, self._loss_weights = targets, loss_weights
        self.losses: Array = np.empty(len(targets), np.float32)

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array]:
        """Take hidden (T, H), weights (V, H) and bias (V,); return the weighted loss (); all float32."""
        hidden, weights, bias = inputs
        rows = max(1, CHUNK_BYTES // (4 * len(bias)))
        for start in range(0, len(hidden), rows):
            self._chunk(slice(start, start + rows), hidden, weights, bias)
        # Summed in float64: the loss of thousands of tokens must not depend on how they are grouped.
        return (np.asarray((self.losses * self._loss_weights).sum(dtype=np.float64), np.float32),)

    def _chunk(self, chunk: slice, hidden: Array, weights: Array, bias: Array) -> None:
        """Fill in the losses of some tokens, and add to the gradients."""
        hidden, targets, loss_weights, losses = (
            array[chunk] for array in (hidden, self._targets, self._loss_weights, self.losses)
        )
        logits = _logits.array(len(hidden), len(bias))
        needs_gradients = chainer.config.enable_backprop
        grad_hidden = np.empty_like(hidden)

        def compute(rows: slice) -> None:
            np.matmul(hidden[rows], weights.T, out=logits[rows])  # (n, H) @ (H, V)
            kernels.softmax_cross_entropy(logits[rows], bias, targets[rows], loss_weights[rows], losses[rows])
            # The kernel has left the logits' gradient in their place.
            if needs_gradients:
                np.matmul(logits[rows], weights, out=grad_hidden[rows])  # (n, V) @ (V, H)

        divide(len(hidden), compute, MIN_ROWS)
        if not needs_gradients:
            return
        # The bias's gradient is a column sum; as a product with ones it is threaded like the others.
        grads = product(logits.T, hidden), product(logits.T, np.ones(len(hidden), np.float32))
        if chunk.start == 0:
            self._gradients = [grad_hidden], *grads
            return
        self._gradients[0].append(grad_hidden)
        for total, grad in zip(self._gradients[1:], grads, strict=True):
            total += grad

    def backward(self, _: tuple[int, ...], gradients: tuple[Variable]) -> tuple[Variable, ...]:
        """Return the gradients of hidden (T, H), weights (V, H) and bias (V,), float32."""
        chunks, weights, bias = self._gradients
        hidden = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
        scale = gradients[0].array
        # Training differentiates the loss itself, so the scale is 1: no pass over the vocabulary for that.
        grads = (hidden, weights, bias) if scale == 1 else (hidden * scale, weights * scale, bias * scale)
        return tuple(chainer.Variable(grad) for grad in grads)
