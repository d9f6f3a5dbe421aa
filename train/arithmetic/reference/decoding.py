"""A caption model's decoding steps in array functions: NumPy's, or CuPy's where the model is on a GPU.

N captions, D components of a photo's vector, E embedding, H hidden, V vocabulary; everything float32.
"""

from dataclasses import dataclass

import numpy as np

from train.arithmetic.arrays import namespace
from train.arithmetic.reference import ranking
from train.model import Array, CaptionModel


@dataclass(frozen=True)
class DecoderState:
    """The state of N unfinished captions, on the model's device.

    Attributes:
        photo: (N, E) what the next input adds to its embedding: the projected photo, or zeros.
        hidden: (N, H) of each layer.
        cell: (N, H) of each layer.
    """

    photo: Array
    hidden: tuple[Array, ...]
    cell: tuple[Array, ...]

    def select(self, rows: Array) -> "DecoderState":
        """Return the state of `rows` (M,) int64, in this order; a row may be dropped or repeated."""
        rows = namespace(self.photo).asarray(rows)
        hidden, cell = (tuple(layer[rows] for layer in layers) for layers in (self.hidden, self.cell))
        return DecoderState(self.photo[rows], hidden, cell)


class ReferenceDecoder:
    """A model, ready to decode where it is.

    Args:
        model: its weights are not copied: training it further changes the decoder.
    """

    ranking = ranking

    def __init__(self, model: CaptionModel) -> None:
        self._model = model

    def start(self, vectors: Array) -> DecoderState:
        """Return the state before the first token, for raw vectors (N, D)."""
        model = self._model
        photo = model.project(model.xp.asarray(vectors))
        zeros = model.xp.zeros((len(vectors), model.sizes.hidden), np.float32)
        return DecoderState(photo, (zeros,) * model.sizes.layers, (zeros,) * model.sizes.layers)

    def step(self, state: DecoderState, tokens: Array) -> tuple[Array, DecoderState]:
        """Read one more token of each caption, (N,) ints; return logits (N, V) and the state after them."""
        model = self._model
        x = model.embedding.array[model.xp.asarray(tokens)] + state.photo  # (N, E)
        hidden, cell = [], []
        for layer in range(model.sizes.layers):
            x, new_cell = self._lstm_step(layer, x, state.hidden[layer], state.cell[layer])
            hidden.append(x)
            cell.append(new_cell)
        photo = state.photo if model.sizes.injection == "every" else model.xp.zeros_like(state.photo)
        logits = x @ model.output_w.array.T + model.output_b.array  # (N, H) @ (H, V)
        return logits, DecoderState(photo, tuple(hidden), tuple(cell))

    def _lstm_step(self, layer: int, x: Array, hidden: Array, cell: Array) -> tuple[Array, Array]:
        """Return an LSTM's outputs and cells (N, H) after inputs x (N, E or H)."""
        parts = (getattr(self._model, f"lstm{layer}_{part}").array for part in ("x", "b", "h"))
        weights_x, bias, weights_h = parts
        gates = x @ weights_x.T + bias + hidden @ weights_h.T  # (N, 4H)
        size, xp = self._model.sizes.hidden, self._model.xp
        # sigmoid(x) = tanh(x / 2) / 2 + 1/2, which never overflows.
        sigmoid = xp.tanh(gates[:, : 3 * size] * 0.5) * 0.5 + 0.5
        candidate = xp.tanh(gates[:, 3 * size :])
        cell = sigmoid[:, size : 2 * size] * cell + sigmoid[:, :size] * candidate
        return sigmoid[:, 2 * size :] * xp.tanh(cell), cell


def decoder(model: CaptionModel) -> ReferenceDecoder:
    """Return a decoder of `model`; see `train.arithmetic.arithmetic.Arithmetic`."""
    return ReferenceDecoder(model)
