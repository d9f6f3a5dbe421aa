"""Caffe's warp: OpenCV's bilinear resize of 8-bit pictures, to the last bit, and what follows it.

Caffe's tools resize with OpenCV: the pixel centres of both pictures are laid over each other, and each
result is mixed from the 4 pixels around its place, without smoothing before, in fixed point of 11 bits.
Pillow's resize smooths, and its transform cuts fractions off; so this is our own, compiled by numba. It
works only at the places that are cut out, subtracts the mean, and holds no lock while it does.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np

BITS = 11
ONE = 1 << BITS

Places = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Function = TypeVar("Function", bound=Callable[..., object])
_PLACES = numba.types.UniTuple(numba.types.Array(numba.int32, 1, "C"), 4)


def _compiled(signature: object) -> Callable[[Function], Function]:
    """Compile for one signature, once per machine, without Python's lock."""
    return cast(Callable[[Function], Function], numba.njit(signature, nogil=True, cache=True))


@_compiled(_PLACES(numba.int64, numba.int64, numba.int64))
def _places(length: int, size: int, warped: int) -> Places:
    """Return two pixels of `length` and their shares, for each of the middle `size` of `warped` places."""
    first, second = np.empty(size, np.int32), np.empty(size, np.int32)
    share, other = np.empty(size, np.int32), np.empty(size, np.int32)
    scale, start = length / warped, (warped - size) // 2
    for place in range(size):
        at = np.float32((start + place + 0.5) * scale - 0.5)
        pixel = int(np.floor(at))
        fraction = at - np.float32(pixel)
        first[place] = min(max(pixel, 0), length - 1)
        second[place] = min(max(pixel + 1, 0), length - 1)
        share[place] = np.int32(np.rint((np.float32(1) - fraction) * np.float32(ONE)))
        other[place] = np.int32(np.rint(fraction * np.float32(ONE)))
    return first, second, share, other


@_compiled("void(u1[:,:,::1], i8, f4[::1], f4[:,:,::1])")
def warp(pixels: np.ndarray, warped: int, mean: np.ndarray, result: np.ndarray) -> None:
    """Warp a picture to a square, cut its middle, turn R, G, B into B, G, R and subtract the mean.

    Args:
        pixels: (H, W, 3) uint8, channels R, G, B.
        warped: rows and columns of the square.
        mean: (3,) float32, of B, G, R.
        result: (3, S, S) float32, written; S is at most `warped`.
    """
    height, width = pixels.shape[:2]
    size = result.shape[1]
    top, bottom, upper, lower = _places(height, size, warped)
    left, right, near, far = _places(width, size, warped)
    for row in range(size):
        above, below, a, b = pixels[top[row]], pixels[bottom[row]], upper[row], lower[row]
        for column in range(size):
            x, y, c, d = left[column], right[column], near[column], far[column]
            for channel in range(3):
                source = 2 - channel
                high = above[x, source] * c + above[y, source] * d
                low = below[x, source] * c + below[y, source] * d
                value = (((a * (high >> 4)) >> 16) + ((b * (low >> 4)) >> 16) + 2) >> 2
                result[channel, row, column] = np.float32(value) - mean[channel]
