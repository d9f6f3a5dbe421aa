"""Decodes hostile photos, whichever door they come in by: the same bytes give the same picture, or reason."""

import io
import re
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from store.photo.colours import colour_key, has_colour_key, to_rgb
from store.photo.containers import claimed_format, is_lossless_jpeg, pixels_only
from store.photo.errors import (
    DAMAGED,
    FAR_TOO_LARGE,
    TOO_LARGE,
    TOO_SMALL,
    TOO_THIN,
    UNKNOWN,
    UNREADABLE,
    WEB_PAGE,
    OutsideLimits,
    UnusablePhoto,
)
from store.photo.options import Limits

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Recognised by content, not by name. Others are refused: some decoders run programs (EPS) or open files."""
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that undoes each EXIF orientation."""
_SWAPS = (5, 6, 7, 8)
"""The orientations whose transposition swaps width and height."""
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Picture:
    """A decoded photo.

    Args:
        content: the photo as it came.
        image: upright and laid on white, in R, G, B of 8 bits; perhaps smaller or in grey, if that was asked
            for.
        width, height: pixels of the whole photo, upright.
        format: jpeg, png, gif, webp, avif, bmp or tiff, by content.
    """

    content: bytes
    image: Image.Image
    width: int
    height: int
    format: str


def decode(content: bytes, enough: tuple[int, int] | None = None, *, grey: bool = False) -> Picture:
    """Decode a photo to its last byte.

    Args:
        enough: a JPEG need not be decoded larger than this width and height; None: whole.
        grey: of a JPEG, brightness alone is enough.

    Raises:
        UnusablePhoto: the bytes are not a whole photo in a known format.
        OutsideLimits: it is larger, smaller or thinner than the settings `photos:` allow.
    """
    # Not `catch_warnings`: it is not safe in threads. What these warn of is refused here, or does no harm.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        return _decode(content, enough, grey)
    except UnusablePhoto:
        raise
    except Image.DecompressionBombError:
        raise OutsideLimits(FAR_TOO_LARGE, most=f"{Limits.options.max_megapixels:g}") from None
    except Exception as error:  # hostile bytes make decoders raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnusablePhoto(DAMAGED, reason=reason[:_LONGEST_REASON]) from error


def orientation_of(content: bytes) -> int:
    """Return how a photo that can be decoded is turned, by EXIF's numbers: 1 is upright."""
    with _opened(pixels_only(content)[0]) as image:
        return _orientation(image)


def _decode(content: bytes, enough: tuple[int, int] | None, grey: bool) -> Picture:
    needed, wrong = pixels_only(content)
    with _opened(needed, wrong) as image:
        stored = image.size
        _check(*stored)
        if wrong:
            raise UnusablePhoto(DAMAGED, reason=wrong)
        if enough and not is_lossless_jpeg(needed):
            image.draft("L" if grey else None, enough)  # only a JPEG can: 1/2, 1/4 or 1/8 as wide
        image.load()
        kind, orientation = str(image.format), _orientation(image)
        is_done = grey and image.mode == "L" and not image.has_transparency_data
        rgb = image if is_done else to_rgb(image, _clear(needed, image))
    turn = _TURNS.get(orientation)
    width, height = reversed(stored) if orientation in _SWAPS else stored
    upright = rgb if turn is None else rgb.transpose(turn)
    return Picture(content, upright, width, height, kind.lower())


def _opened(content: bytes, wrong: str | None = None) -> ImageFile.ImageFile:
    """Open a photo; where that fails, tell what is known to be `wrong`."""
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        if wrong:
            raise UnusablePhoto(DAMAGED, reason=wrong) from None
        if claimed := claimed_format(content):
            raise UnusablePhoto(UNREADABLE, format=claimed) from None
        if _WEB_PAGE.match(content):
            raise UnusablePhoto(WEB_PAGE) from None
        raise UnusablePhoto(UNKNOWN, formats=", ".join(FORMATS)) from None


_WEB_PAGE = re.compile(rb"\s{0,200}<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
"""How HTML begins: a page that asks to log in, say, in place of a photo."""


def _check(width: int, height: int) -> None:
    """Refuse a photo outside the limits, from its header: a small file can claim gigabytes."""
    limits = Limits.options
    size = {"width": str(width), "height": str(height)}
    if width * height > limits.max_megapixels * 10**6:
        raise OutsideLimits(TOO_LARGE, **size, most=f"{limits.max_megapixels:g}")
    if min(width, height) < limits.min_side:
        raise OutsideLimits(TOO_SMALL, **size, least=limits.min_side)
    if max(width, height) > limits.max_aspect * min(width, height):
        raise OutsideLimits(TOO_THIN, **size, most=f"{limits.max_aspect:g}")


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 for upright; a TIFF is turned by Pillow when it is loaded."""
    if image.format == "AVIF":
        image.info.pop("xmp", None)  # Pillow would ask it where the AVIF's own properties say nothing
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # broken EXIF raises anything, and the picture may still be good
        return 1
    return orientation if orientation in _TURNS else 1


def _clear(content: bytes, image: Image.Image) -> np.ndarray | None:
    """Return which pixels a PNG's one transparent colour has; None for other pictures."""
    if not has_colour_key(content, image):
        return None
    low = None
    if image.mode == "RGB" and content[24] == 16:
        # Pillow keeps the high bytes. Read as if they were little-endian, the same bytes give the low ones.
        low = _opened(content)
        low.tile = [tile._replace(args="RGB;16L") for tile in low.tile]
        low.load()
    return colour_key(content, image, low)
