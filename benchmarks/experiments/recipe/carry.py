"""An LSTM whose state goes on from one batch to the next: the published code never resets it.

There the gradient goes back through all earlier batches, which takes longer with each (measured on Chainer
7.8.1: 74 to 1,114 ms a batch after 150), so that 30 epochs cannot have been trained that way. Here it is cut
between batches: the values go on, and nothing is learned through them.

As Chainer's `L.LSTM` does it, row r of a batch goes on from row r of the batch before; a batch with fewer
rows leaves the state of the others as it is.

N captions, T target tokens packed as `train.batches.Batch` says, H hidden, I inputs of the LSTM.
"""

from typing import Any

import numpy as np

from store.chainer_compat import chainer
from train.arithmetic import reference
from train.arithmetic.reference.loss import cross_entropy, inputs
from train.batches import Batch
from train.model import Array, CaptionModel

F = chainer.functions
Variable = Any


class State:
    """The state of one LSTM after the last batch.

    Args:
        rows: captions of a batch at most.
        size: H.
    """

    def __init__(self, rows: int, size: int) -> None:
        self.hidden, self.cell = np.zeros((2, rows, size), np.float32)

    def lstm(
        self, x: Variable, weights_x: Variable, bias: Variable, weights_h: Variable, steps: Array
    ) -> Variable:
        """Return the outputs (T, H) for inputs x (T, I), going on from the state, and keep the new one.

        The arguments are those of `train.arithmetic.reference.lstm`.
        """
        outputs = []
        hidden, cell = chainer.Variable(self.hidden.copy()), chainer.Variable(self.cell.copy())
        for x_step in F.split_axis(x, np.cumsum(steps)[:-1], axis=0):
            count = len(x_step)
            gates = F.linear(x_step, weights_x, bias) + F.linear(hidden[:count], weights_h)  # (count, 4H)
            *three, candidate = F.split_axis(gates, 4, axis=1)
            input_gate, forget_gate, output_gate = map(F.sigmoid, three)
            cell = forget_gate * cell[:count] + input_gate * F.tanh(candidate)
            hidden = output_gate * F.tanh(cell)
            self.hidden[:count], self.cell[:count] = hidden.array, cell.array
            outputs.append(hidden)
        return F.concat(outputs, axis=0)


class Carrying:
    """The reference arithmetic, with the state of one LSTM carried over updates; see `Arithmetic`.

    What is measured starts from zeros, as elsewhere: only updates carry.
    """

    def __init__(self, rows: int, size: int) -> None:
        self._state = State(rows, size)

    def __getattr__(self, name: str) -> Any:
        return getattr(reference, name)  # all that no state is needed for

    def gradients(
        self, model: CaptionModel, batch: Batch, vectors: Array, loss_weights: Array, *_: object
    ) -> Array:
        """Fill the gradients of a batch's loss, and return each token's, (T,) float32 in nats."""
        model.cleargrads()
        photo = F.linear(model.standardised(vectors), model.photo_w, model.photo_b)
        x = inputs(model.embedding, photo, batch, every=False)
        outputs = self._state.lstm(x, model.lstm0_x, model.lstm0_b, model.lstm0_h, batch.steps)
        total, losses = cross_entropy(outputs, model.output_w, model.output_b, batch.targets, loss_weights)
        total.backward()
        return losses
