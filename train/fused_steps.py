"""The steps of a caption model on the CPU, for decoding: the same arithmetic as `CaptionModel.step`, sooner.

Weights are laid out once as the products want them, biases included, and the cells of an LSTM are one pass.
N captions begun, E embedding, H hidden, V vocabulary, L layers; everything float32.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from train import kernels
from train.model import Array, CaptionModel, State


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
        self._embedding = model.embedding.array
        self._layers = [
            _Layer(*(_transposed(getattr(model, f"lstm{layer}_{part}").array) for part in ("x", "h", "b")))
            for layer in range(model.sizes.layers)
        ]
        self._output = np.vstack([model.output_w.array.T, model.output_b.array])
        """(H + 1, V): the bias is what a hidden unit that is always 1 adds."""

    def start(self, vectors: Array) -> State:
        """Return the state before the first token, for photos given as (N, D) raw vectors."""
        return self._model.start(vectors)

    def step(self, state: State, tokens: Array) -> tuple[Array, State]:
        """Read one more token (N,) of each caption; see `CaptionModel.step`."""
        flow = self._embedding[tokens]
        flow += state.photo
        hidden, cell = [], []
        for layer, past, memory in zip(self._layers, state.hidden, state.cell, strict=True):
            gates, sideways = flow @ layer.upward, past @ layer.lateral
            flow, after = np.empty_like(past), np.empty_like(past)
            kernels.lstm_forward(gates, sideways, layer.bias, memory, after, flow)
            hidden.append(flow)
            cell.append(after)
        photo = state.photo if self._model.sizes.injection == "every" else np.zeros_like(state.photo)
        scores = np.hstack([flow, np.ones((len(flow), 1), np.float32)]) @ self._output
        return scores, State(photo, tuple(hidden), tuple(cell))


def _transposed(array: Any) -> Array:
    return np.ascontiguousarray(array.T)
