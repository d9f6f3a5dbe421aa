"""The steps of a caption model on the CPU, for decoding: the same arithmetic as `CaptionModel.step`, sooner.

Weights are laid out once as the products want them, biases included; what a token adds to the first LSTM's
gates is worked out once; and the cells of an LSTM are one pass. N captions begun, E embedding, H hidden,
V vocabulary; everything float32.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from train.arithmetic import kernels
from train.model import Array, CaptionModel

FEW = 8
"""Rows up to which each is multiplied by itself: for several, OpenBLAS first copies all weights."""
LARGEST_TABLE = 2**24
"""Numbers (64 MiB) that what all tokens add to the gates may take; a larger model multiplies at each step."""


@dataclass(frozen=True)
class Begun:
    """N captions begun: (N, 4H) what the photos add to the first gates, if anything; (N, H) of each layer."""

    photo: Array | None
    hidden: tuple[Array, ...]
    cell: tuple[Array, ...]

    def select(self, rows: Array) -> "Begun":
        """Return the state of `rows` (M,) int: a row may be left out, moved or taken several times."""
        hidden, cell = (tuple(layer[rows] for layer in memory) for memory in (self.hidden, self.cell))
        return Begun(None if self.photo is None else self.photo[rows], hidden, cell)


@dataclass(frozen=True)
class _Layer:
    """An LSTM's weights: upward (E or H, 4H), lateral (H, 4H), bias (4H,)."""

    upward: Array
    lateral: Array
    bias: Array


class FusedSteps:
    """A model on the host that says, token by token, what may come next; its weights are copied.

    Args:
        model: on the CPU. What it learns afterwards is not seen here.
    """

    def __init__(self, model: CaptionModel) -> None:
        self._model = model
        self._layers = [
            _Layer(*(_transposed(getattr(model, f"lstm{layer}_{part}").array) for part in ("x", "h", "b")))
            for layer in range(model.sizes.layers)
        ]
        self._embedding, upward = model.embedding.array, self._layers[0].upward
        small = len(self._embedding) * upward.shape[1] <= LARGEST_TABLE
        self._table = self._embedding @ upward if small else None
        self._output = np.vstack([model.output_w.array.T, model.output_b.array])
        """(H + 1, V): the bias is what a hidden unit that is always 1 adds."""

    def start(self, vectors: Array) -> Begun:
        """Return the state before the first token, for photos given as (N, D) raw vectors."""
        state = self._model.start(vectors)
        return Begun(state.photo @ self._layers[0].upward, state.hidden, state.cell)

    def step(self, state: Begun, tokens: Array) -> tuple[Array, Begun]:
        """Read one more token (N,) of each caption; see `CaptionModel.step`."""
        gates = self._words(tokens)
        if state.photo is not None:
            gates += state.photo
        hidden: list[Array] = []
        cell = []
        for layer, past, memory in zip(self._layers, state.hidden, state.cell, strict=True):
            if hidden:
                gates = product(hidden[-1], layer.upward)
            flow, after = np.empty_like(past), np.empty_like(past)
            kernels.lstm_forward(gates, product(past, layer.lateral), layer.bias, memory, after, flow)
            hidden.append(flow)
            cell.append(after)
        scores = product(np.hstack([hidden[-1], np.ones((len(tokens), 1), np.float32)]), self._output)
        state = replace(state, hidden=tuple(hidden), cell=tuple(cell))
        return scores, state if self._model.sizes.injection == "every" else replace(state, photo=None)

    def _words(self, tokens: Array) -> Array:
        """Return what tokens (N,) add to the first gates, (N, 4H)."""
        if self._table is not None:
            return np.asarray(self._table[tokens])
        return product(self._embedding[tokens], self._layers[0].upward)


def product(rows: Array, weights: Array) -> Array:
    """Return rows (N, K) @ weights (K, M), both contiguous."""
    if len(rows) > FEW:
        return np.asarray(rows @ weights)
    result = np.empty((len(rows), weights.shape[1]), np.float32)
    for row, into in zip(rows, result, strict=True):
        np.dot(row, weights, out=into)
    return result


def _transposed(array: Any) -> Array:
    return np.ascontiguousarray(array.T)
