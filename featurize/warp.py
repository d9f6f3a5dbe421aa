"""Caffe's warp: OpenCV's bilinear resize of 8-bit pictures, bit for bit, then crop and mean subtraction.

Caffe's tools resize with OpenCV: each result is interpolated from the 4 pixels around its position, without
smoothing before, in fixed point of 11 bits. Pillow's resize smooths, and its transform truncates fractions;
so this is our own, compiled by Numba. Only the pixels of the centre crop are computed, without Python's lock.

H, W rows and columns of the picture, S of the crop.
"""

import numba
import numpy as np

from store.processes.kept import compiled

BITS = 11
ONE = 1 << BITS
"""1.0 in OpenCV's fixed point."""

Samples = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_SAMPLES = numba.types.UniTuple(numba.types.Array(numba.int32, 1, "C"), 4)


@compiled(_SAMPLES(numba.int64, numba.int64, numba.int64))
def _samples(length: int, size: int, warped: int) -> Samples:
    """Return how the middle `size` of `warped` pixels are interpolated along an axis of `length` pixels.

    Returns:
        Four (size,) int32 arrays: the two source pixels, and their weights in fixed point.
    """
    first, second = np.empty(size, np.int32), np.empty(size, np.int32)
    weight_first, weight_second = np.empty(size, np.int32), np.empty(size, np.int32)
    scale, start = length / warped, (warped - size) // 2
    for index in range(size):
        # Pixel centres are at half coordinates. float64 up to here, then float32, as OpenCV computes it.
        position = np.float32((start + index + 0.5) * scale - 0.5)
        pixel = int(np.floor(position))
        fraction = position - np.float32(pixel)
        first[index] = min(max(pixel, 0), length - 1)  # the edge is repeated
        second[index] = min(max(pixel + 1, 0), length - 1)
        weight_first[index] = np.int32(np.rint((np.float32(1) - fraction) * np.float32(ONE)))
        weight_second[index] = np.int32(np.rint(fraction * np.float32(ONE)))
    return first, second, weight_first, weight_second


@compiled("void(u1[:,:,::1], i8, f4[::1], f4[:,:,::1])")
def warp(pixels: np.ndarray, warped: int, mean: np.ndarray, result: np.ndarray) -> None:
    """Warp a picture to a square, crop its centre, turn R, G, B into B, G, R and subtract the mean.

    Args:
        pixels: (H, W, 3) uint8, channels R, G, B.
        warped: rows and columns of the square.
        mean: (3,) float32, of B, G, R.
        result: (3, S, S) float32, filled; S is at most `warped`.

    Source: OpenCV's resize with INTER_LINEAR for uint8.
    """
    height, width = pixels.shape[:2]
    size = result.shape[1]
    top, bottom, top_weight, bottom_weight = _samples(height, size, warped)
    left, right, left_weight, right_weight = _samples(width, size, warped)
    for row in range(size):
        above, below, a, b = pixels[top[row]], pixels[bottom[row]], top_weight[row], bottom_weight[row]
        for column in range(size):
            x, y, c, d = left[column], right[column], left_weight[column], right_weight[column]
            for channel in range(3):
                source = 2 - channel
                high = above[x, source] * c + above[y, source] * d
                low = below[x, source] * c + below[y, source] * d
                # OpenCV's own shifts, which keep 22 bits within int32 and round at the end.
                value = (((a * (high >> 4)) >> 16) + ((b * (low >> 4)) >> 16) + 2) >> 2
                result[channel, row, column] = np.float32(value) - mean[channel]
