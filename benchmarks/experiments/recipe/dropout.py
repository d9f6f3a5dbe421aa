"""CaffeNet with its dropout left on: the published code runs it in training mode, Chainer 1's default.

Then half of fc6's and half of fc7's values, other ones at each use, become zero and the rest twice as large.
Each caption of each update has draws of its own, and so has each photo when captions are written for it.

N captions, P photos, D values of fc7, D' of fc6.

Source: `CaffeFunction.__call__` of Chainer 1 (`train=True`); Caffe's CaffeNet has `dropout_ratio: 0.5` twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from train.model import Array, Photos

RATE = 0.5


@dataclass(frozen=True)
class Fc7:
    """The last layers of CaffeNet, from fc6 after its ReLU: dropout, fc7 with its ReLU, dropout.

    Args:
        weights: (D, D') float32 of fc7.
        bias: (D,) float32 of fc7.
    """

    weights: Array
    bias: Array

    def __call__(self, fc6: Array) -> Array:
        """Return fc7 (N, D) of fc6 (N, D'), both float32, with nothing dropped."""
        fc7: Array = np.maximum(fc6 @ self.weights.T + self.bias, 0)
        return fc7

    def drawn(self, fc6: Array, *seed: int) -> Array:
        """Return fc7 (N, D) of fc6 (N, D'), both float32 and with values dropped as the seed says."""
        random = np.random.default_rng(seed)
        return _dropped(self(_dropped(fc6, random)), random)


def _dropped(values: Array, random: np.random.Generator) -> Array:
    kept = random.random(values.shape, np.float32) >= RATE
    return values * (kept / np.float32(1 - RATE))


@dataclass(frozen=True)
class Redrawn:
    """The vectors of P photos, drawn anew in each update; see `train.model.Photos`.

    Args:
        fc6: (P, D') float32, after the ReLU.
        fc7: what follows.
        seed: returns what a draw depends on beside the order of the photos: the run's seed and the update's
            number, so that a run that was killed goes on with the same draws.
    """

    fc6: Photos
    fc7: Fc7
    seed: Callable[[], tuple[int, int]]

    @property
    def shape(self) -> tuple[int, ...]:
        """P and D."""
        return len(self.fc6), len(self.fc7.bias)

    def __len__(self) -> int:
        return len(self.fc6)

    def __getitem__(self, rows: Any) -> Array:
        return self.fc7.drawn(self.fc6[rows], *self.seed())
