"""The output layer and its loss as a Chainer function of our own.

The output layer is one product for all tokens of a batch; softmax, cross-entropy and their gradient are one
pass over its logits. T target tokens, H hidden, V vocabulary; everything float32 unless a docstring says so.
"""

import threading
from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.compiled.jit import compiled, exp
from train.arithmetic.threads import MIN_ROWS, divide, product
from train.model import Array

Variable = Any
CHUNK_BYTES = 100 * 2**20
"""Logits in memory at once. Fewer make more, smaller products, and each adds to the weights' gradient."""


def cross_entropy(
    hidden: Variable, weights: Variable, bias: Variable, targets: Array, loss_weights: Array, smoothing: float
) -> tuple[Variable, Array]:
    """Return the weighted loss, and each token's own (T,) float32 in nats.

    See `train.arithmetic.arithmetic.Arithmetic`.
    """
    function = LinearCrossEntropy(targets, loss_weights, smoothing)
    (total,) = function.apply((hidden, weights, bias))
    return total, function.losses


class LinearCrossEntropy(chainer.FunctionNode):  # type: ignore[misc]
    """The output layer and its loss; the forward pass computes the gradients too, before it drops the logits.

    Args:
        targets: (T,) int32 ids.
        loss_weights: (T,) float32.
    """

    def __init__(self, targets: Array, loss_weights: Array, smoothing: float) -> None:
        self._smoothing = np.float32(smoothing)
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
            softmax_cross_entropy(
                logits[rows], bias, targets[rows], loss_weights[rows], losses[rows], self._smoothing
            )
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


@compiled(inline="always")
def _ordered(bits: Any) -> Any:
    """Map the bits of a float32 to an int32 in the same order, or back.

    LLVM vectorises a maximum of ints, but not of floats as long as NaN counts.
    """
    return np.int32(bits ^ (np.int32(bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))


@compiled()
def softmax_cross_entropy(
    logits: Array, bias: Array, targets: Array, loss_weights: Array, losses: Array, smoothing: Any
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
        even = loss_weights[row] * smoothing / np.float32(len(bias))
        for token in range(len(bias)):
            line[token] = line[token] * scale - even
        line[targets[row]] -= loss_weights[row] * (np.float32(1) - smoothing)
