"""What is measured of a decoded photo, each fact by one function; what they are good for: `dataset.where`.

They are taken from a copy of SIDE × SIDE grey pixels (H and W below), whatever the photo's size, so that
those of a thumbnail and of a large photo can be compared, and a JPEG need not be decoded whole for them.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from store.photo.decode import Picture

SIDE = 128
"""Pixels of the copy's sides, whatever the photo's shape."""
SHADES = 8
"""Greys that differ by no more are one shade."""
_GREYS = np.arange(256) / 255
_DIGITS = 6
"""Facts are rounded to so many: the arithmetic's last digits differ between machines."""


class Facts(NamedTuple):
    """The facts of a photo; `width`, `height` and `bytes` are those of the whole photo, and so is `aspect`.

    Args:
        width, height: pixels, upright.
        aspect: the longer side by the shorter one, 1 and more, as in `photos.max_aspect`.
        bytes: how many the photo has as it was fetched, its metadata included.
        brightness, contrast, entropy, blank, blur: see the functions of these names.
    """

    width: int
    height: int
    aspect: float
    bytes: int
    brightness: float
    contrast: float
    entropy: float
    blank: float
    blur: float


def reduced(image: "Image.Image") -> "Image.Image":
    """Return a copy of SIDE × SIDE grey pixels, each the mean of what it covers."""
    from PIL.Image import Resampling

    grey = image if image.mode == "L" else image.convert("L")
    return grey if grey.size == (SIDE, SIDE) else grey.resize((SIDE, SIDE), Resampling.BOX)


def measured(picture: "Picture", copy: "Image.Image") -> Facts:
    """Return the facts of a photo.

    Args:
        copy: as `reduced` makes it.
    """
    counts, sides = np.array(copy.histogram()), (picture.width, picture.height)
    found = [function(counts) for function in (brightness, contrast, entropy, blank)]
    return Facts(
        *sides,
        round(max(sides) / min(sides), _DIGITS),
        len(picture.content),
        *(round(fact, _DIGITS) for fact in (*found, blur(np.asarray(copy)))),
    )


def brightness(counts: np.ndarray) -> float:
    """Return the mean luma of a picture: 0 is black, 1 is white.

    Args:
        counts: (256,) int, how many pixels have each grey; and so for the other functions.

    Source: ITU-R BT.601, whose luma is what Pillow makes of colours.
    """
    return float(counts @ _GREYS / counts.sum())


def contrast(counts: np.ndarray) -> float:
    """Return the standard deviation of luma: 0 for one grey, 0.5 for half black, half white.

    Source: Peli 1990, "Contrast in complex images": RMS contrast.
    """
    return math.sqrt(counts @ (_GREYS - brightness(counts)) ** 2 / counts.sum())


def entropy(counts: np.ndarray) -> float:
    """Return the entropy of the histogram of 256 greys, in bits: 0 for one grey, 8 at most.

    Source: Shannon 1948.
    """
    shares = counts[counts > 0] / counts.sum()
    return abs(float(shares @ np.log2(shares)))


def blank(counts: np.ndarray) -> float:
    """Return the share of a picture that has its most frequent shade: above 0, up to 1.

    A shade is a grey with those that differ from it by at most SHADES. From 0.8 on a picture has no near
    copies (`store.photo.near.look`): it is flat, a few words on white, or a line drawing.
    """
    shades = np.convolve(counts, np.ones(2 * SHADES + 1, int), "same")
    return float(shades.max() / counts.sum())


def blur(pixels: np.ndarray) -> float:
    """Return the variance of a picture's Laplacian, (H, W) uint8, in grey values squared; less is blurrier.

    0 for one grey, some hundreds to thousands for photos that are sharp. In a copy as small as this a blur of
    a hundredth of the photo's side shows; one of a pixel or two of a large photo does not. What shows little
    (a wall, a sky) has little, too.

    Source: Pech-Pacheco et al. 2000, "Diatom autofocusing in brightfield microscopy"; the same as OpenCV's
    `cv2.Laplacian(pixels, cv2.CV_64F).var()`.
    """
    around = np.pad(pixels.astype(np.int16), 1, mode="reflect")
    beside = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]
    return float((beside - 4 * around[1:-1, 1:-1]).var())
