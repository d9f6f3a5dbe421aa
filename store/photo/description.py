"""What the tables say of a photo: size, format, and the perceptual hash that near-identical photos share."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from store.photo.decode import Picture

_SIDE = 32
_LOW = 8
_COSINES = 2 * np.cos(np.pi / (2 * _SIDE) * np.outer(np.arange(_LOW), 2 * np.arange(_SIDE) + 1))
"""(8, 32): the rows of an unnormalised DCT-II of 32 values that belong to its 8 lowest frequencies."""
ENOUGH = (4 * _SIDE, 4 * _SIDE)
"""A JPEG need not be decoded larger than this to be hashed. (docs/performance.md says what that changes.)"""


@dataclass(frozen=True)
class Photo:
    """A photo's description, upright: `phash` is 16 hex digits (64 bits), as imagehash prints them."""

    sha256: str
    width: int
    height: int
    format: str
    phash: str


def describe(content: bytes) -> Photo:
    """Decode a photo to its last byte and return what the `images` table says of it.

    Raises:
        UnusablePhoto: as `store.photo.decode.decode`.
    """
    from store.photo.decode import decode

    return describe_picture(decode(content, ENOUGH, grey=True))


def describe_picture(picture: "Picture") -> Photo:
    """Return what the `images` table says of a photo that is decoded already, to at least ENOUGH."""
    size, content = (picture.width, picture.height), picture.content
    return Photo(hashlib.sha256(content).hexdigest(), *size, picture.format, perceptual_hash(picture.image))


def perceptual_hash(image: "Image.Image") -> str:
    """Return which of a photo's 64 lowest frequencies are above their median: 64 bits as 16 hex digits.

    The same as `imagehash.phash`, but for the rounding.

    Frequencies are rounded first: those that are zero but for the arithmetic's last digits (in a photo of one
    colour, say) then give the same hash on every machine.
    """
    from PIL.Image import Resampling

    if image.mode != "L":
        image = image.convert("RGB").convert("L")
    # (32, 32) grey values; (8, 32) @ (32, 32) @ (32, 8) are the (8, 8) lowest frequencies of a 2-D DCT.
    pixels = np.asarray(image.resize((_SIDE, _SIDE), Resampling.LANCZOS), np.float64)
    lowest = np.round(_COSINES @ pixels @ _COSINES.T, 6)
    # The median of an even number of values is the mean of the two in the middle.
    middle = np.sort(lowest, axis=None)[_LOW * _LOW // 2 - 1 :][:2].mean()
    return np.packbits(lowest > middle).tobytes().hex()
