"""Compares what two views show, pixel by pixel, before two photos are taken for copies of each other.

P pairs, S pixels of a patch's side.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from store.photo.near.look import SMALL

_SIDE = 16
"""S, pixels of the sides of what is compared."""
_STEPS = (0.02, 0.01)
"""By how much the edges of a part are moved to lay it over another, in shares of the photo."""
_MOVES = [move for move in product((0, -1, 1), repeat=2) if any(move)]
_BATCH = 256
"""Pairs that are compared at once."""
ALIKE = 0.957
"""Views that are alike so much show the same: drawings of one pattern in other colours reached 0.952."""
_GREYS = 100.0
"""A mean difference of one grey value takes so many parts from what is alike."""
_HOPELESS = 0.5
"""Views that correlate less are not laid over each other."""


def alike(small: np.ndarray, photos: np.ndarray, boxes: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Return how alike the views of each pair are, (P,) float, up to 1; what is ALIKE shows the same.

    Args:
        small: (N, SMALL, SMALL) uint8, the small copies of photos.
        photos: (2, P) whose views they are: places in `small`.
        boxes: (2, P, 4) the parts that the views show, in shares of width and height.
        poses: (2, P, 3) bool, how they are laid.
    """
    found = np.empty(photos.shape[1])
    for start in range(0, len(found), _BATCH):
        some = slice(start, start + _BATCH)
        pairs = [
            _Part(small[photos[side, some]], boxes[side, some].astype(float), poses[side, some])
            for side in (0, 1)
        ]
        found[some] = _best(*pairs)
    return found


class _Part(NamedTuple):
    """Parts of P photos: small copies (P, SMALL, SMALL), boxes (P, 4), poses (P, 3)."""

    small: np.ndarray
    boxes: np.ndarray
    poses: np.ndarray


def _best(one: _Part, other: _Part) -> np.ndarray:
    """Return how alike parts are, (P,), where the edges of the second ones are moved a little, if need be."""
    fixed, boxes = _patches(one), other.boxes.copy()
    best = _likeness(fixed, _patches(other))
    for step, edges in product(_STEPS, ((0, 2), (1, 3))):
        open_ = np.flatnonzero((best < ALIKE) & (best > _HOPELESS))
        before = boxes[open_]
        for moves in _MOVES:
            moved = before.copy()
            moved[:, edges] += step * np.array(moves)
            likeness = _likeness(fixed[open_], _patches(_Part(other.small[open_], moved, other.poses[open_])))
            better = likeness > best[open_]
            best[open_[better]], boxes[open_[better]] = likeness[better], moved[better]
    return best


def _patches(part: _Part) -> np.ndarray:
    """Return (P, S, S) float32: parts of small copies, as they are laid."""
    boxes = part.boxes
    down, across = _weights(boxes[:, 1], boxes[:, 3]), _weights(boxes[:, 0], boxes[:, 2])
    patches = down @ part.small.astype(np.float32) @ across.transpose(0, 2, 1)
    mirrored, flipped, transposed = part.poses.T
    patches[mirrored] = patches[mirrored][:, :, ::-1]
    patches[flipped] = patches[flipped][:, ::-1]
    patches[transposed] = patches[transposed].transpose(0, 2, 1)
    return np.asarray(patches)


def _weights(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return (P, S, SMALL): how much of each pixel of a row is in each of S equal pieces of a part of it."""
    edges = starts[:, None] + (ends - starts)[:, None] * np.linspace(0, 1, _SIDE + 1)
    pixels = np.arange(SMALL) / SMALL
    lows, highs = edges[:, :-1, None], edges[:, 1:, None]
    covered = np.minimum(highs, pixels + 1 / SMALL) - np.maximum(lows, pixels)
    weights = np.clip(covered, 0, None)
    return np.asarray(weights / np.maximum(weights.sum(axis=2, keepdims=True), 1e-9), np.float32)


def _likeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return (P,) how alike patches (P, S, S) are: their correlation, or less where their greys differ."""
    differ = np.abs(one - other).mean(axis=(1, 2))
    one, other = (patch - patch.mean(axis=(1, 2), keepdims=True) for patch in (one, other))
    products = [(a * b).sum(axis=(1, 2)) for a, b in ((one, other), (one, one), (other, other))]
    correlation = products[0] / np.sqrt(products[1] * products[2] + 1e-6)
    return np.asarray(np.minimum(correlation, 1 - differ / _GREYS))
