"""What is kept of a decoded photo so that near copies of it are found: a small copy, and hashes of its parts.

The parts are the whole photo, the photo without a frame or a bar with a caption, and its middle: what a copy
that was framed or cut shows. A hash is taken in a pose that does not depend on how the photo is turned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from store.photo.facts import SHADES, blank, reduced
from store.photo.facts import SIDE as _SIDE

if TYPE_CHECKING:
    from PIL import Image

VERSION = 3
"""Counts up when the same photo would give another look or fact, or more be cut out of it (`bare`)."""
SMALL = 48
"""Pixels of the small copy's sides."""
_CUT = 0.05
"""The share of the photo that is cut from one side, or several, in the parts that a copy may show."""
_BLANK = 0.8
"""A picture with this share of one shade is blank: flat, a few words on white, or a line drawing."""
_DETAIL = 1.5
"""A picture whose neighbouring parts differ by less, in grey values, shows nothing but a gradient."""
_FRAME, _WORDS, _MOST = 0.97, 0.5, 0.6
"""Which share of a frame's row has its shade; of a row of a bar with words; what frames may take."""
_INK = 20
"""The paper of a bar with words is white or black: no further than so many greys from it."""
_DOUBT = 0.12
"""A pose is doubtful where what decides it is under this share of the lowest frequencies."""

_LOW = 8
"""A hash has the lowest 8 frequencies of each direction."""
_MIRROR = np.array([np.ones(_LOW), np.where(np.arange(_LOW) % 2, -1.0, 1.0)], np.float32)
"""By whether it is mirrored: the signs that frequencies of one direction get."""
_SIGNS = _MIRROR[:, None, :, None] * _MIRROR[None, :, None, :]
"""(2, 2, 8, 8): the same of both directions, by whether it is flipped and mirrored."""


class Box(NamedTuple):
    """A part of a photo, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


class Pose(NamedTuple):
    """How a part is laid before it is hashed: mirrored left to right, top to bottom, then rows as columns."""

    mirrored: bool
    flipped: bool
    transposed: bool


class View(NamedTuple):
    """A part of a photo in one pose.

    Args:
        hash: of 64 bits, the signs of its lowest frequencies.
        asks: whether near copies are looked for by this view, or it is only there to be found.
    """

    hash: int
    box: Box
    pose: Pose
    asks: bool


@dataclass(frozen=True)
class Look:
    """What a photo looks like.

    Args:
        small: (SMALL, SMALL) uint8, the whole photo in grey, squeezed into a square.
        views: its parts; none where the photo shows nothing to tell it by.
    """

    small: np.ndarray
    views: tuple[View, ...]


WHOLE = Box(0.0, 0.0, 1.0, 1.0)
_CUTS = [
    *(
        Box(left, top, 1 - right, 1 - bottom)
        for left, top, right, bottom in product((0.0, _CUT), repeat=4)
        if any((left, top, right, bottom))
    ),
    *(Box(cut, cut, 1 - cut, 1 - cut) for cut in (_CUT / 2, 2 * _CUT)),
]
"""The parts that a copy may show which was cut."""


def look(image: "Image.Image") -> Look:
    """Return what a decoded photo looks like.

    Args:
        image: grey or R, G, B.
    """
    from PIL.Image import Resampling

    square = reduced(image)
    small = np.asarray(square.resize((SMALL, SMALL), Resampling.BOX))
    pixels = np.asarray(square)
    if is_blank(pixels):
        return Look(small, ())
    asking = [WHOLE, *unframed(pixels)]
    views = _views(pixels, [*asking, *_CUTS], len(asking))
    return Look(small, tuple(views))


def is_blank(pixels: np.ndarray) -> bool:
    """Tell whether a picture, (H, W) uint8, has hardly more than one shade, or nothing but a gradient."""
    if blank(np.bincount(pixels.ravel(), minlength=256)) >= _BLANK:
        return True
    blocks = pixels.reshape(_SIDE // 4, 4, _SIDE // 4, 4).mean(axis=(1, 3))
    bends = (
        blocks[1:-1, 1:-1] - (blocks[:-2, 1:-1] + blocks[2:, 1:-1] + blocks[1:-1, :-2] + blocks[1:-1, 2:]) / 4
    )
    return bool(np.sqrt((bends**2).mean()) < _DETAIL)


def unframed(pixels: np.ndarray) -> list[Box]:
    """Return parts of a picture, (H, W) uint8: within a frame of one shade, and without a bar of words."""
    parts = [_within(*_margins(pixels, _FRAME), *_margins(pixels.T, _FRAME))]
    if _is_paper(pixels[0]):
        parts.append(_within(_margin(pixels, _WORDS), 0, 0, 0))
    if _is_paper(pixels[-1]):
        parts.append(_within(0, _margin(pixels[::-1], _WORDS), 0, 0))
    return [part for part in dict.fromkeys(parts) if part != WHOLE]


def _within(top: int, bottom: int, left: int, right: int) -> Box:
    """Return what margins leave, which are counted in rows and columns; all where they leave too little."""
    if top + bottom > _SIDE * _MOST or left + right > _SIDE * _MOST:
        return WHOLE
    # Within the last row of a margin the photo begins: it is half of the next one off, on average.
    edges = [(margin + 0.5) / _SIDE if margin else 0.0 for margin in (left, top, right, bottom)]
    return Box(edges[0], edges[1], 1 - edges[2], 1 - edges[3])


def _is_paper(row: np.ndarray) -> bool:
    shade = _median(row)
    return bool(shade <= _INK or shade >= 255 - _INK)


def _margins(rows: np.ndarray, share: float) -> tuple[int, int]:
    """Return how many rows at the start and at the end are of the first's, or the last's, one shade."""
    return _margin(rows, share), _margin(rows[::-1], share)


def _median(row: np.ndarray) -> float:
    return float(np.sort(row)[len(row) // 2])


def _margin(rows: np.ndarray, share: float) -> int:
    shade = _median(rows[0])
    if (np.abs(rows[0] - shade) <= 2 * SHADES).mean() < _FRAME:
        return 0
    near = (np.abs(rows - shade) <= 2 * SHADES).mean(axis=1)
    other = near < share
    return int(other.argmax()) if other.any() else len(rows)


def _views(pixels: np.ndarray, boxes: Sequence[Box], asking: int) -> Iterator[View]:
    """Yield parts in the pose that their frequencies decide; the first ones, which ask, also in others."""
    down = np.stack([_basis(box.top, box.bottom) for box in boxes])
    across = np.stack([_basis(box.left, box.right) for box in boxes])
    low = down @ pixels.astype(np.float32) @ across.transpose(0, 2, 1)
    low[:, 0, 0] = 0
    found = [
        (part, pose) for part in range(len(boxes)) for pose in _poses(low[part], all_likely=part < asking)
    ]
    laid = np.stack([low[part] * _SIGNS[int(pose.flipped), int(pose.mirrored)] for part, pose in found])
    turned = np.array([pose.transposed for _, pose in found])
    laid[turned] = laid[turned].transpose(0, 2, 1)
    hashes = np.packbits(laid > 0, axis=None).view(">u8").tolist()
    for (part, pose), hash_ in zip(found, hashes, strict=True):
        yield View(hash_, boxes[part], pose, part < asking)


@cache
def _basis(start: float, end: float) -> np.ndarray:
    """Return (8, _SIDE): the cosines of the lowest frequencies of a part of a row of pixels."""
    edges = np.arange(_SIDE + 1) / _SIDE
    covered = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) / (end - start)
    middles = np.clip((edges[:-1] + 0.5 / _SIDE - start) / (end - start), 0, 1)
    return np.asarray(np.cos(np.pi * np.arange(_LOW)[:, None] * middles) * covered, np.float32)


def _poses(low: np.ndarray, *, all_likely: bool) -> Iterator[Pose]:
    """Yield the poses of a part, the likeliest first: brighter at the left and the top, more so at the left.

    Args:
        low: (8, 8) its lowest frequencies, rows by height.
        all_likely: not only the likeliest one.
    """
    across, down = float(low[0, 1]), float(low[1, 0])
    doubt = _DOUBT * float(np.linalg.norm(low[:3, :3])) if all_likely else 0.0
    mirrors = [bool(across < 0), bool(across >= 0)][: 1 + bool(abs(across) < doubt)]
    flips = [bool(down < 0), bool(down >= 0)][: 1 + bool(abs(down) < doubt)]
    steep = bool(abs(down) > abs(across))
    turns = [steep, not steep][: 1 + bool(abs(abs(down) - abs(across)) < doubt)]
    for transposed in turns:
        for flipped in flips:
            for mirrored in mirrors:
                yield Pose(mirrored, flipped, transposed)
