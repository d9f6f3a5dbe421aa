"""Decodes photos: size, format, hash, and the perceptual hash that near-identical photos share."""

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 50_000_000
"""Larger photos are refused: a file of 20 KB can decode to 169 megapixels."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Recognised by content, not by name. Others are refused: some decoders run programs (EPS) or open files."""

_SIDE = 32
_LOW = 8
_COSINES = 2 * np.cos(np.pi / (2 * _SIDE) * np.outer(np.arange(_LOW), 2 * np.arange(_SIDE) + 1))
"""(8, 32): the rows of an unnormalised DCT-II of 32 values that belong to its 8 lowest frequencies."""
_ENOUGH = (4 * _SIDE, 4 * _SIDE)
"""A JPEG need not be decoded larger than this to be hashed. (docs/performance.md says what that changes.)"""


@dataclass(frozen=True)
class Photo:
    """A decoded photo's description: `phash` is 16 hex digits (64 bits), as imagehash prints them."""

    sha256: str
    width: int
    height: int
    format: str
    phash: str


def describe(content: bytes) -> Photo:
    """Decode a photo to its last byte and return what the `images` table says of it.

    Raises:
        ValueError: the bytes are not a whole image, or one of more than MAX_PIXELS pixels; with the reason.
    """
    image, size = _decoded(content)
    kind = (image.format or "").lower()
    return Photo(hashlib.sha256(content).hexdigest(), *size, kind, perceptual_hash(image))


def size_of(content: bytes) -> tuple[int, int]:
    """Decode a photo to its last byte and return its width and height.

    Raises:
        ValueError: as `describe`.
    """
    return _decoded(content)[1]


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


def _decoded(content: bytes) -> "tuple[Image.Image, tuple[int, int]]":
    """Return a photo, of a JPEG only a small grey copy, and its own width and height."""
    from PIL import Image

    with _refusals():
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise ValueError(f"{width}x{height} pixels, more than {MAX_PIXELS:,}")
        image.draft("L", _ENOUGH)  # only a JPEG can: brightness alone, 1/2, 1/4 or 1/8 as wide
        image.load()
    return image, (width, height)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn whatever a decoder raises into a ValueError that says why the bytes are not a photo."""
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError:
        raise ValueError(f"not a photo in a known format ({', '.join(FORMATS)})") from None
    except Exception as error:  # damaged files make decoders raise anything
        raise ValueError(str(error) or type(error).__name__) from error
