"""A caption model's decoding steps on the CPU: the same arithmetic as the reference's, faster.

The weights are laid out once as the products read them, biases included; what each token adds to the first
LSTM's gates is computed once; and the cells of an LSTM are one pass. N captions, D components of a photo's
vector, E embedding, H hidden, V vocabulary; everything float32.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from train.arithmetic.compiled import ranking
from train.arithmetic.compiled.lstm import lstm_forward
from train.model import Array, CaptionModel

MAX_SINGLE_ROWS = 8
"""Rows up to which each is multiplied by itself: for several, OpenBLAS first copies all weights."""
MAX_TABLE_VALUES = 2**24
"""Values (64 MiB) of the table of what each token adds to the gates; larger models multiply at each step."""


@dataclass(frozen=True)
class DecoderState:
    """The state of N unfinished captions.

    Attributes:
        photo: (N, 4H) what the photos add to the first LSTM's gates; None once they are in.
        hidden: (N, H) of each layer.
        cell: (N, H) of each layer.
    """

    photo: Array | None
    hidden: tuple[Array, ...]
    cell: tuple[Array, ...]

    def select(self, rows: Array) -> "DecoderState":
        """Return the state of `rows` (M,) int64, in this order; a row may be dropped or repeated."""
        hidden, cell = (tuple(layer[rows] for layer in layers) for layers in (self.hidden, self.cell))
        return DecoderState(None if self.photo is None else self.photo[rows], hidden, cell)


@dataclass(frozen=True)
class _Layer:
    """An LSTM's weights, transposed: weights_x (E or H, 4H), weights_h (H, 4H), bias (4H,)."""

    weights_x: Array
    weights_h: Array
    bias: Array


class CompiledDecoder:
    """A model on the host, ready to decode; its weights are copied.

    Args:
        model: on the CPU. Later training does not change the decoder.
    """

    ranking = ranking

    def __init__(self, model: CaptionModel) -> None:
        self._model = model
        self._layers = [
            _Layer(*(_transposed(getattr(model, f"lstm{layer}_{part}").array) for part in ("x", "h", "b")))
            for layer in range(model.sizes.layers)
        ]
        self._embedding, weights_x = model.embedding.array, self._layers[0].weights_x
        fits = len(self._embedding) * weights_x.shape[1] <= MAX_TABLE_VALUES
        self._table = self._embedding @ weights_x if fits else None  # (V, E) @ (E, 4H)
        self._output = np.vstack([model.output_w.array.T, model.output_b.array])
        """(H + 1, V): the bias is one more row, for a hidden unit that is always 1."""

    def start(self, vectors: Array) -> DecoderState:
        """Return the state before the first token, which is to be <BOS>.

        Args:
            vectors: (N, D) float32, raw.
        """
        zeros = np.zeros((len(vectors), self._model.sizes.hidden), np.float32)
        layers = self._model.sizes.layers
        # The photo is added to the embedding before the product; the product is linear, so it can come later.
        photo = self._model.project(vectors) @ self._layers[0].weights_x  # (N, E) @ (E, 4H)
        return DecoderState(photo, (zeros,) * layers, (zeros,) * layers)

    def step(self, state: DecoderState, tokens: Array) -> tuple[Array, DecoderState]:
        """Read one more token of each caption; see `train.arithmetic.arithmetic.Decoder`.

        Args:
            tokens: (N,) ints.

        Returns:
            (N, V) float32 logits of the token that follows, and the state after `tokens`.
        """
        gates = self._token_gates(tokens)
        if state.photo is not None:
            gates += state.photo
        hidden: list[Array] = []
        cell: list[Array] = []
        for layer, last_hidden, last_cell in zip(self._layers, state.hidden, state.cell, strict=True):
            if hidden:
                gates = product(hidden[-1], layer.weights_x)
            new_hidden, new_cell = np.empty_like(last_hidden), np.empty_like(last_hidden)
            gates += product(last_hidden, layer.weights_h)  # (N, H) @ (H, 4H)
            lstm_forward(gates, layer.bias, last_cell, new_cell, new_hidden)
            hidden.append(new_hidden)
            cell.append(new_cell)
        # (N, H + 1) @ (H + 1, V): the bias in the product saves a pass over all logits.
        logits = product(np.hstack([hidden[-1], np.ones((len(tokens), 1), np.float32)]), self._output)
        state = replace(state, hidden=tuple(hidden), cell=tuple(cell))
        return logits, state if self._model.sizes.injection == "every" else replace(state, photo=None)

    def _token_gates(self, tokens: Array) -> Array:
        """Return what tokens (N,) add to the first LSTM's gates, (N, 4H)."""
        if self._table is not None:
            return np.asarray(self._table[tokens])  # a copy, which `step` may add to
        return product(self._embedding[tokens], self._layers[0].weights_x)


def decoder(model: CaptionModel) -> CompiledDecoder:
    """Return a decoder of `model`; see `train.arithmetic.arithmetic.Arithmetic`."""
    return CompiledDecoder(model)


def product(rows: Array, weights: Array) -> Array:
    """Return rows @ weights, row by row where there are few.

    Args:
        rows: (N, K) float32, C-contiguous.
        weights: (K, M) float32, C-contiguous.

    Returns:
        (N, M) float32.
    """
    if len(rows) > MAX_SINGLE_ROWS:
        return np.asarray(rows @ weights)
    # Zeros: gemv multiplies what it finds there by 0, and np.empty may find NaNs, which NumPy then warns of.
    result = np.zeros((len(rows), weights.shape[1]), np.float32)
    # np.dot of a row is a matrix-vector product (gemv), which reads the weights where they are.
    for row, out in zip(rows, result, strict=True):
        np.dot(row, weights, out=out)
    return result


def _transposed(array: Any) -> Array:
    return np.ascontiguousarray(array.T)
