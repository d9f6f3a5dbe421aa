"""What the first LSTM reads, as a Chainer function of our own: a look-up, and a scatter for its gradient.

N captions, T target tokens packed as `train.batches.Batch` says, E embedding, V vocabulary.
"""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic.compiled.jit import compiled
from train.batches import Batch
from train.model import Array

Variable = Any


def inputs(embedding: Variable, photo: Variable, batch: Batch, every: bool) -> Variable:
    """Return what the first LSTM reads, (T, E) float32; see `train.arithmetic.arithmetic.Arithmetic`."""
    return Inputs(batch, every).apply((embedding, photo))[0]


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
        scatter_add(grad_embedding, self._batch.inputs, grad_x)
        grad_photo = grad_x[:count]
        if self._every:
            grad_photo = np.zeros((count, grad_x.shape[1]), grad_x.dtype)
            scatter_add(grad_photo, self._batch.rows, grad_x)
        return chainer.Variable(grad_embedding), chainer.Variable(grad_photo)


@compiled()
def scatter_add(target: Array, rows: Array, values: Array) -> None:
    """Add values (T, E) float32 to the rows (T,) int of target (V or N, E) float32, in order.

    In order, and on one thread: rows repeat, and another order of additions would change the last bits.
    """
    for position in range(len(rows)):
        line, value = target[rows[position]], values[position]
        for column in range(target.shape[1]):
            line[column] += value[column]
