"""Scaling pictures: by Pillow, which smooths, or from the nearest pixels alone, as PyTorch does unless asked.

H, W rows and columns of a picture, S of the box that is kept.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
THIN = 4
"""Of a photo with one side more than so many times the other, only the box that is cut out is scaled. Of
others all is, as torchvision does it: the box's fractions, which Pillow rounds, would change some pixels."""
CUBIC = -0.75
"""The cubic's parameter where nothing is smoothed: OpenCV's and PyTorch's. Pillow's is -0.5."""


@dataclass(frozen=True)
class Box:
    """What is made of a picture: it is scaled to `width` x `height`, of which S x S from `left`, `top` are
    kept."""

    width: int
    height: int
    left: int
    top: int
    size: int


def resized(image: Image.Image, box: Box, interpolation: str, antialias: bool) -> np.ndarray:
    """Return the box of a scaled R, G, B picture as (S, S, 3) uint8."""
    middle = (box.width - box.size) // 2
    if not antialias and interpolation == "bilinear" and (box.width, box.left) == (box.height, middle):
        return _warped(image, box)
    if not antialias and interpolation != "nearest":  # the nearest pixel is the same with both
        return _plain(np.asarray(image), box, interpolation)
    resample, left, top, size = PILLOW[interpolation], box.left, box.top, box.size
    if max(image.size) > THIN * min(image.size):
        across, down = image.width / box.width, image.height / box.height
        part = (left * across, top * down, (left + size) * across, (top + size) * down)
        return np.asarray(image.resize((size, size), resample, part))
    whole = image.resize((box.width, box.height), resample)
    return np.asarray(whole.crop((left, top, left + size, top + size)))


def _warped(image: Image.Image, box: Box) -> np.ndarray:
    """Return OpenCV's bilinear warp to a square, of which the middle is kept."""
    from featurize.warp import warp  # Numba takes half a second to import, and most recipes do without

    pixels = np.empty((3, box.size, box.size), np.float32)
    warp(np.array(image), box.width, np.zeros(3, np.float32), pixels)
    return np.ascontiguousarray(pixels[::-1].transpose(1, 2, 0)).astype(np.uint8)  # B, G, R to (S, S, 3)


def _plain(pixels: np.ndarray, box: Box, interpolation: str) -> np.ndarray:
    """Return the box of pixels (H, W, 3), interpolated from 2 or 4 pixels along each axis, rounded to
    uint8."""
    height, width = pixels.shape[:2]
    rows = _taps(height, box.height, box.top, box.size, interpolation)
    columns = _taps(width, box.width, box.left, box.size, interpolation)
    total = np.zeros((box.size, box.size, 3), np.float32)
    for row, down in rows:
        for column, across in columns:
            total += (down[:, None] * across)[:, :, None] * pixels[np.ix_(row, column)]
    return np.clip(np.rint(total), 0, 255).astype(np.uint8)


def _taps(length: int, scaled: int, start: int, size: int, kind: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, for each pixel that is weighed in, its number along the axis (S,), and its weight (S,)
    float32."""
    position = (start + np.arange(size) + 0.5) * (length / scaled) - 0.5  # pixel centres lie at halves
    first = np.floor(position).astype(np.int64)
    fraction = (position - first).astype(np.float32)
    if kind == "bilinear":
        weights = {0: 1 - fraction, 1: fraction}
    else:
        weights = {offset: _cubic(np.abs(fraction - np.float32(offset))) for offset in (-1, 0, 1, 2)}
    return [(np.clip(first + offset, 0, length - 1), weight) for offset, weight in weights.items()]


def _cubic(distance: np.ndarray) -> np.ndarray:
    """Return the weight of a pixel at a distance of 0 to 2: Keys's cubic convolution."""
    x, a = distance, np.float32(CUBIC)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.asarray(np.where(x <= 1, near, far), np.float32)
