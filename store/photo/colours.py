"""Turns the pixels of every kind of picture into R, G, B of 8 bits; what is transparent becomes white.

Memory is bounded: beside a picture and its result, only bands of some rows are in memory. H rows, W columns.
"""

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
from PIL import Image, ImageCms

BAND = 2**20
"""Pixels that are converted at once."""
_DEEP = ("I", "F")
"""Pillow's modes of 32 bits: integers, and floating-point numbers."""
_SAMPLE_BITS, _SAMPLE_FORMAT, _UNSIGNED = 258, 339, 1
"""TIFF's tags of how samples are stored, and the value that says integers without a sign."""
_GREY, _RGB = 0, 2
"""The colour types of PNG that may name one transparent colour."""


def to_rgb(image: Image.Image, clear: np.ndarray | None = None) -> Image.Image:
    """Return a picture in R, G, B of 8 bits, laid on white.

    16 bits are cut to their high byte; what has more, or fractions, is scaled so that the least finite value
    of the picture becomes 0, and the greatest 255.

    Args:
        clear: (H, W) bool, the pixels that are transparent although no alpha channel and no palette says so.
    """
    if image.mode.startswith("I;16"):
        shift = _bits(image) - 8
        return _by_bands(
            image, lambda band: Image.fromarray((np.asarray(band) >> shift).astype(np.uint8)), clear
        )
    if image.mode in _DEEP:
        least, greatest = _range(image)
        return _by_bands(image, lambda band: _scaled(_values(band, image), least, greatest), clear)
    if image.mode == "LAB":
        to_screen = ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
        return _by_bands(image, lambda band: cast(Image.Image, ImageCms.applyTransform(band, to_screen)))
    if clear is not None:
        return _by_bands(image, lambda band: band, clear)
    if image.has_transparency_data:
        return _by_bands(image, _on_white)
    return image if image.mode == "RGB" else image.convert("RGB")


def colour_key(content: bytes, image: Image.Image, low: Image.Image | None) -> np.ndarray | None:
    """Return which pixels of a PNG are of the one colour that it says is transparent, (H, W) bool; else None.

    The colour is compared in all the bits that the file has: of a photo of 16 bits, only a part of the pixels
    with the same high bytes is transparent.

    Args:
        content: the file.
        image: the same, decoded.
        low: of R, G, B of 16 bits each, the low bytes.

    Source: Portable Network Graphics specification, third edition, 11.3.1.1 and 13.12.
    """
    bits, kind = content[24], content[25]
    key = np.frombuffer(content, ">u2", 3 if kind == _RGB else 1, content.index(b"tRNS") + 4).astype(np.int64)
    if image.mode in ("L", "1"):
        key = key * (255 // (2**bits - 1))  # Pillow spreads 1, 2 and 4 bits over 8
    clear = np.empty((image.height, image.width), bool)
    for box in _bands(image):
        values = np.asarray(image.crop(box).convert("L") if image.mode == "1" else image.crop(box), np.int32)
        if low is not None:
            values = values * 256 + np.asarray(low.crop(box), np.int32)
        equal = values == key
        clear[box[1] : box[3]] = equal.all(axis=2) if equal.ndim == 3 else equal
    return clear


def has_colour_key(content: bytes, image: Image.Image) -> bool:
    """Tell whether a picture is a PNG that names one transparent colour."""
    return (
        image.format == "PNG" and content[25] in (_GREY, _RGB) and b"tRNS" in content[: content.find(b"IDAT")]
    )


def _bands(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    rows = max(1, BAND // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _by_bands(
    image: Image.Image, convert: Callable[[Image.Image], Image.Image], clear: np.ndarray | None = None
) -> Image.Image:
    """Return a picture in R, G, B, converted band by band, white where it is `clear`."""
    result = Image.new("RGB", image.size)
    for box in _bands(image):
        band = convert(image.crop(box)).convert("RGB")
        if clear is not None:
            band.paste((255, 255, 255), mask=Image.fromarray(clear[box[1] : box[3]]))
        result.paste(band, box)
    return result


def _on_white(band: Image.Image) -> Image.Image:
    if band.mode == "La":
        band = band.convert("LA")
    band = band.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", band.size, "white"), band)


def _bits(image: Image.Image) -> int:
    """Return how many of a sample's 16 bits are used; TIFF knows pictures of 12."""
    stored = getattr(image, "tag_v2", {}).get(_SAMPLE_BITS, (16,))[0]
    return stored if 8 < stored < 16 else 16


def _values(band: Image.Image, image: Image.Image) -> np.ndarray:
    """Return the numbers of a band, (rows, W); Pillow shows integers without a sign as if they had one."""
    values = np.asarray(band)
    sample_format = getattr(image, "tag_v2", {}).get(_SAMPLE_FORMAT, (0,))[0]
    return values.view(np.uint32) if image.mode == "I" and sample_format == _UNSIGNED else values


def _range(image: Image.Image) -> tuple[float, float]:
    """Return the least and the greatest finite value of a picture; 0 and 0 if it has none."""
    least, greatest = np.inf, -np.inf
    for box in _bands(image):
        values = _values(image.crop(box), image)
        finite = values[np.isfinite(values)]
        if finite.size:
            least, greatest = min(least, float(finite.min())), max(greatest, float(finite.max()))
    return (least, greatest) if least <= greatest else (0.0, 0.0)


def _scaled(values: np.ndarray, least: float, greatest: float) -> Image.Image:
    """Return values as 8 bits; of one value everywhere, as black; what is no number is the least."""
    known = np.clip(
        np.nan_to_num(values.astype(np.float64), nan=least, posinf=greatest, neginf=least), least, greatest
    )
    share = (known - least) / ((greatest - least) or 1.0)
    return Image.fromarray(np.rint(share * 255).astype(np.uint8))
