"""Photos of odd kinds, each with what every door has to say of it, which follows from how it was drawn.

The drawing is four quarters, each of one colour; a photo's picture is right if its four quarters are.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from tests.photos.files import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, lossless_jpeg, png, saved, tiff

Colour = tuple[int, int, int]
Colours = tuple[Colour, Colour, Colour, Colour]
"""Of the four quarters: above left, above right, below left, below right."""
SIZE = (64, 48)
RED, GREEN, BLUE, DARK, WHITE = (200, 30, 40), (30, 160, 60), (40, 60, 190), (50, 50, 50), (255, 255, 255)
COLOURS = (RED, GREEN, BLUE, DARK)
LEVELS = (20, 90, 160, 230)
"""The brightness of the four quarters of what is drawn in grey."""
GREYS = tuple((level, level, level) for level in LEVELS)
ORIENTATION = 0x0112


@dataclass(frozen=True)
class Odd:
    """A photo, and what is right.

    Args:
        content: the file.
        format: by content.
        colours: of its four quarters; None where a photo of one colour tells all.
        size: width and height, upright.
        reason: a part of the reason why it is refused; empty where it is taken.
        limits: whether only the settings `photos:` refuse it.
    """

    content: bytes
    format: str = "png"
    colours: tuple[Colour, ...] = COLOURS
    size: tuple[int, int] = SIZE
    reason: str = ""
    limits: bool = False


def quarters(values: Any, dtype: Any = np.uint8) -> np.ndarray:
    """Return four quarters of these values: (H, W), or (H, W, channels) where each value is several."""
    four: np.ndarray = np.array(values, dtype)
    four = four.reshape(2, 2, *four.shape[1:])
    return np.repeat(np.repeat(four, SIZE[1] // 2, axis=0), SIZE[0] // 2, axis=1)


def flat(width: int, height: int) -> bytes:
    """Return a PNG of one grey, of any size."""
    return saved(Image.new("L", (width, height), 128), "PNG", compress_level=1)


def turned(orientation: int, format: str, **settings: object) -> bytes:
    """Return the drawing as a camera stores it that was held so: its own EXIF says how to turn it back.

    Source: Exif 2.32, table 6, tag 0x0112: where the stored row 0 and column 0 belong.
    """
    drawing = Image.fromarray(quarters(COLOURS))
    away = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = drawing.transpose(away[orientation]) if orientation in away else drawing
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(stored, format, exif=exif, **settings)


def odd_photos() -> dict[str, Odd]:
    """Return all of them by name."""
    return dict([*_plain(), *_turned(), *_transparent(), *_deep(), *_laden(), *_refused(), *_broken()])


def _plain() -> Iterator[tuple[str, Odd]]:
    drawing = Image.fromarray(quarters(COLOURS))
    yield "jpeg", Odd(saved(drawing, "JPEG", quality=95, subsampling=0), "jpeg")
    yield "jpeg, progressive", Odd(saved(drawing, "JPEG", quality=95, progressive=True), "jpeg")
    yield "jpeg, grey", Odd(saved(Image.fromarray(quarters(LEVELS)), "JPEG"), "jpeg", GREYS)
    inks = [[*(255 - value for value in colour), 0] for colour in COLOURS]
    cmyk = Image.fromarray(quarters(inks), "CMYK")
    yield "jpeg, cmyk", Odd(saved(cmyk, "JPEG", quality=95, subsampling=0), "jpeg")
    yield "jpeg, lossless", Odd(lossless_jpeg(quarters(COLOURS)), "jpeg")
    yield "jpeg, lossless, grey", Odd(lossless_jpeg(quarters(LEVELS)), "jpeg", GREYS)
    second = Image.new("RGB", (80, 40), "yellow")
    settings = {"quality": 95, "subsampling": 0}
    two = saved(drawing, "MPO", save_all=True, append_images=[second], **settings)
    yield "jpeg of two pictures", Odd(two, "jpeg")
    yield "png", Odd(png(quarters(COLOURS), RGB))
    yield "png, grey", Odd(png(quarters(LEVELS), GREY), colours=GREYS)
    yield (
        "png, black and white",
        Odd(
            saved(Image.fromarray(quarters((0, 255, 255, 0))).convert("1"), "PNG"),
            colours=((0, 0, 0), WHITE, WHITE, (0, 0, 0)),
        ),
    )
    yield "gif", Odd(saved(drawing.quantize(8), "GIF"), "gif")
    yield "bmp", Odd(saved(drawing, "BMP"), "bmp")
    yield "tiff", Odd(tiff(quarters(COLOURS)), "tiff")
    yield "webp", Odd(saved(drawing, "WEBP", lossless=True), "webp")
    yield "avif", Odd(saved(drawing, "AVIF", quality=100, subsampling="4:4:4"), "avif")
    grey = ((128, 128, 128),) * 4
    yield "24 megapixels", Odd(flat(6000, 4000), colours=grey, size=(6000, 4000))
    yield "4000x200", Odd(flat(4000, 200), colours=grey, size=(4000, 200))


def _turned() -> Iterator[tuple[str, Odd]]:
    for orientation in range(1, 9):
        content = turned(orientation, "JPEG", quality=95, subsampling=0)
        yield f"jpeg, turned {orientation}", Odd(content, "jpeg")
        content = turned(orientation, "AVIF", quality=100, subsampling="4:4:4")
        yield f"avif, turned {orientation}", Odd(content, "avif")
    for format in ("PNG", "WEBP", "TIFF"):
        settings = {"lossless": True} if format == "WEBP" else {}
        yield f"{format.lower()}, turned 6", Odd(turned(6, format, **settings), format.lower())


def _transparent() -> Iterator[tuple[str, Odd]]:
    white_second = (RED, WHITE, BLUE, DARK)
    veiled = [(*RED, 255), (*GREEN, 0), (*BLUE, 255), (*DARK, 255)]
    yield "png, alpha", Odd(png(quarters(veiled), RGBA), colours=white_second)
    deep = np.array(veiled) * 257
    yield "png, alpha, 16 bits", Odd(png(quarters(deep, np.uint16), RGBA), colours=white_second)
    halves = [(0, 255), (0, 128), (0, 0), (200, 255)]
    half_colours = ((0, 0, 0), (127, 127, 127), WHITE, (200, 200, 200))
    yield "png, grey and alpha", Odd(png(quarters(halves), GREY_ALPHA), colours=half_colours)
    palette = (b"PLTE", bytes(value for colour in COLOURS for value in colour))
    numbers = quarters(range(4))
    clear = (b"tRNS", bytes([255, 0]))  # the palette's other entries are opaque
    yield "png, palette", Odd(png(numbers, PALETTE, [palette]))
    yield (
        "png, palette with a clear colour",
        Odd(png(numbers, PALETTE, [palette, clear]), colours=white_second),
    )
    key = (b"tRNS", struct.pack(">3H", *GREEN))
    yield "png, clear colour", Odd(png(quarters(COLOURS), RGB, [key]), colours=white_second)
    key = (b"tRNS", struct.pack(">H", LEVELS[1]))
    grey_key = (GREYS[0], WHITE, *GREYS[2:])
    yield "png, clear grey", Odd(png(quarters(LEVELS), GREY, [key]), colours=grey_key)
    # Of two colours with the same high bytes, one is clear: all bits are compared (PNG, 11.3.1.1).
    near = np.array(COLOURS) * 256
    near[0], near[1] = np.array(RED) * 256, np.array(RED) * 256 + 1
    key = (b"tRNS", struct.pack(">3H", *near[1]))
    yield (
        "png, clear colour of 16 bits",
        Odd(png(quarters(near, np.uint16), RGB, [key]), colours=white_second),
    )
    near_grey = np.array(LEVELS) * 256
    near_grey[1] = near_grey[0] + 1
    key = (b"tRNS", struct.pack(">H", near_grey[1]))
    yield (
        "png, clear grey of 16 bits",
        Odd(png(quarters(near_grey, np.uint16), GREY, [key]), colours=grey_key),
    )
    image = Image.fromarray(quarters(veiled))
    yield "webp, alpha", Odd(saved(image, "WEBP", lossless=True, exact=True), "webp", white_second)
    content = saved(image, "AVIF", quality=100, subsampling="4:4:4")
    yield "avif, alpha", Odd(content, "avif", white_second)
    yield "tiff, alpha", Odd(saved(image, "TIFF"), "tiff", white_second)
    indexed = Image.fromarray(numbers, "P")
    indexed.putpalette(palette[1])
    content = saved(Image.fromarray(quarters(LEVELS)), "GIF", transparency=LEVELS[1])
    yield "gif, grey, with a clear colour", Odd(content, "gif", grey_key)
    yield "gif with a clear colour", Odd(saved(indexed, "GIF", transparency=1), "gif", white_second)


def _deep() -> Iterator[tuple[str, Odd]]:
    deep, deep_grey = np.array(COLOURS) * 256 + 7, np.array(LEVELS) * 256 + 7
    yield "png, 16 bits", Odd(png(quarters(deep, np.uint16), RGB))
    yield "png, grey, 16 bits", Odd(png(quarters(deep_grey, np.uint16), GREY), colours=GREYS)
    yield "tiff, 16 bits", Odd(tiff(quarters(deep, np.uint16)), "tiff")
    yield "tiff, grey, 16 bits", Odd(tiff(quarters(deep_grey, np.uint16)), "tiff", GREYS)
    # From 0 to 255, by their own least and greatest: a third of the way is 85.
    ramp = ((0, 0, 0), (85, 85, 85), (170, 170, 170), WHITE)
    for kind, values in {
        "32 bits": np.array((10, 20, 30, 40), np.uint32),
        "32 bits, large": np.array((3_000_000_000, 3_000_300_000, 3_000_600_000, 3_000_900_000), np.uint32),
        "32 bits, signed": np.array((-3000, -2000, -1000, 0), np.int32),
        "fractions": np.array((-0.5, 0.0, 0.5, 1.0), np.float32),
        "tiny fractions": np.array((1e-30, 2e-30, 3e-30, 4e-30), np.float32),
    }.items():
        yield f"tiff, {kind}", Odd(tiff(quarters(values, values.dtype)), "tiff", ramp)
    values = quarters((0.0, 1.0, 2.0, 3.0), np.float32)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    yield "tiff, fractions and what is no number", Odd(tiff(values), "tiff", ramp)
    nothing = quarters((np.nan, np.inf, -np.inf, np.nan), np.float32)
    yield "tiff, no number at all", Odd(tiff(nothing), "tiff", ((0, 0, 0),) * 4)


def _laden() -> Iterator[tuple[str, Odd]]:
    """Metadata, large or broken, beside good pixels."""
    drawing, text = quarters(COLOURS), b"a long text, " * 160_000
    packed = zlib.compress(text)
    yield "png, 2 MB of zTXt", Odd(png(drawing, RGB, [(b"zTXt", b"Comment\0\0" + packed)]))
    yield "png, 2 MB of iTXt", Odd(png(drawing, RGB, [(b"iTXt", b"Comment\0\1\0\0\0" + packed)]))
    yield "png, 2 MB of plain iTXt", Odd(png(drawing, RGB, [(b"iTXt", b"Comment\0\0\0\0\0" + text)]))
    for name in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"gAMA"):
        content = png(drawing, RGB, [(name, b"Comment\0\0broken")], broken=name)
        yield f"png, broken {name.decode()}", Odd(content)
    jpeg = saved(Image.fromarray(drawing), "JPEG", quality=95, subsampling=0)
    for part, data in {
        "EXIF": b"\xff\xe1\0\x14Exif\0\0MM\0*\xff\xff\xff\xff\0\0\0\0",
        "profile": b"\xff\xe2\0\x14ICC_PROFILE\0\1\2\0\0\0\0",
        "list of pictures": b"\xff\xe2\0\x0eMPF\0MM\0*\xff\xff\xff\xff",
    }.items():
        yield f"jpeg, broken {part}", Odd(jpeg[:2] + data + jpeg[2:], "jpeg")


def _refused() -> Iterator[tuple[str, Odd]]:
    yield "26 megapixels", Odd(flat(6500, 4000), reason="6500x4000 pixels, more than 25", limits=True)
    yield "9000x1", Odd(flat(9000, 1), reason="9000x1 pixels, a side of less than 16", limits=True)
    yield "9000x16", Odd(flat(9000, 16), reason="9000x16 pixels, one side more than 20 times", limits=True)
    yield "1x1", Odd(flat(1, 1), reason="1x1 pixels, a side of less than 16", limits=True)
    for brand in (b"heic", b"heix"):
        header = struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand
        yield (
            f"heic, {brand.decode()}",
            Odd(header + bytes(200), reason="HEIC photo, which cannot be read here"),
        )
    for kind, content in {"nothing": b"", "svg": b"<svg/>", "pdf": b"%PDF-1.4"}.items():
        yield kind, Odd(content, reason="not a photo in a known format")
    yield "page", Odd(b"<html>", reason="a web page, and no photo")
    drawing = Image.fromarray(quarters(COLOURS))
    yield "eps", Odd(saved(drawing, "EPS"), reason="not a photo in a known format")


def _broken() -> Iterator[tuple[str, Odd]]:
    drawing = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    for name in (b"IHDR", b"IDAT"):
        content = png(drawing, RGB, broken=name)
        yield (
            f"png, broken {name.decode()}",
            Odd(content, reason=f"the checksum of its {name.decode()} is wrong"),
        )
    content = png(drawing, RGB, [(b"tRNS", bytes(6))], broken=b"tRNS")
    yield "png, broken tRNS", Odd(content, reason="the checksum of its tRNS is wrong")
    image = Image.fromarray(drawing)
    for format in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"):
        content = saved(image, format)
        yield f"{format.lower()}, cut", Odd(content[: len(content) // 2], reason="damaged or cut short")
    lossless = lossless_jpeg(drawing)
    yield "jpeg, lossless, cut", Odd(lossless[: len(lossless) // 2], reason="damaged or cut short")
