"""Photos as the published code feeds them to CaffeNet.

It cuts a square out of the middle and scales it to 227 x 227. But it divides whole numbers, as Python 2 does:
height / width of a photo that is square, or up to twice as high as wide, is 1, and so "of the right shape"
already; of such a photo it cuts out the middle 227 x 227 pixels as they are. What it subtracts are the means
of VGG in the order B, G, R, and channels come as R, G, B.

Source: `ImageProcessor` of DataProcessor.py; `Image.thumbnail` is bicubic unless told otherwise, then as now
(Pillow's release notes of 2.7.0).
"""

import numpy as np
from PIL import Image

SIDE = 227
MEANS = (103.939, 116.779, 123.68)
"""Of VGG's training photos: blue, green, red. The code takes them off red, green, blue."""


def prepared(image: Image.Image) -> np.ndarray:
    """Return a photo as (3, 227, 227) float32: red, green and blue of 0 to 255, minus `MEANS`.

    Args:
        image: in R, G, B.

    Raises:
        ValueError: a side is shorter than 227 pixels; the published code fails on such a photo, too.
    """
    width, height = image.size
    if min(width, height) < SIDE:
        raise ValueError(f"{width}x{height} pixels, and the published code takes no side under {SIDE}")
    if height // width == 1:
        square = _middle(image, SIDE)
    else:
        square = _middle(image, min(width, height))
        square.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=None)
    pixels = np.asarray(square, np.float32) - np.array(MEANS, np.float32)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))  # (S, S, 3) to (3, S, S)


def _middle(image: Image.Image, side: int) -> Image.Image:
    left, top = ((length - side) // 2 for length in image.size)
    return image.crop((left, top, left + side, top + side))
