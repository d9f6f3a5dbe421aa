"""Files of photos, written byte by byte after their formats' specifications: what Pillow does not write."""

import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

Chunk = tuple[bytes, bytes]
"""A PNG's chunk: its name and its data."""
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""The colour types of PNG (PNG specification, third edition, table 8)."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes, *, broken: bool = False) -> bytes:
    """Return a chunk of a PNG; `broken`: with a wrong checksum (PNG, 5.3)."""
    checksum = zlib.crc32(name + data) ^ broken
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def png(samples: np.ndarray, kind: int, before: Sequence[Chunk] = (), *, broken: bytes = b"") -> bytes:
    """Return a PNG of samples (H, W) or (H, W, channels), uint8 or uint16.

    Args:
        kind: its colour type.
        before: the chunks between the header and the pixels.
        broken: the name of the chunks whose checksum is wrong.
    """
    height, width = samples.shape[:2]
    bits = samples.dtype.itemsize * 8
    lines = samples.astype(f">u{samples.dtype.itemsize}").reshape(height, -1)
    pixels = b"".join(b"\0" + line.tobytes() for line in lines)  # filter 0: as they are
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)),
        *before,
        (b"IDAT", zlib.compress(pixels, 1)),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(chunk(name, data, broken=name == broken) for name, data in chunks)


def tiff(samples: np.ndarray) -> bytes:
    """Return a little-endian TIFF of one strip: grey (H, W), or R, G, B (H, W, 3).

    Source: TIFF revision 6.0; SampleFormat is 1 for integers without a sign, 2 with one, 3 for fractions.
    """
    height, width, *rest = samples.shape
    channels = rest[0] if rest else 1
    size = samples.dtype.itemsize
    content = samples.astype(samples.dtype.newbyteorder("<")).tobytes()
    after = 8 + len(content)
    bits, formats = after, after + 8
    short, long = 3, 4
    one = channels == 1
    number = {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]
    fields = [
        (256, long, 1, width),
        (257, long, 1, height),
        (258, short, channels, size * 8 if one else bits),
        (259, short, 1, 1),  # not compressed
        (262, short, 1, 1 if one else 2),  # black is zero; R, G, B
        (273, long, 1, 8),
        (277, short, 1, channels),
        (278, long, 1, height),
        (279, long, 1, len(content)),
        (339, short, channels, number if one else formats),
    ]
    arrays = struct.pack("<4H", *[size * 8] * 4) + struct.pack("<4H", *[number] * 4)
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *field) for field in fields)
    return struct.pack("<2sHI", b"II", 42, after + 16) + content + arrays + directory + bytes(4)


def lossless_jpeg(samples: np.ndarray) -> bytes:
    """Return a lossless JPEG (SOF3) of grey (H, W) or R, G, B (H, W, 3) uint8, each pixel from its left one.

    Source: ITU-T T.81, annex H (predictor 1) and table H.2 (categories of differences).
    """
    pixels = samples.reshape(*samples.shape[:2], -1).astype(np.int64)
    height, width, channels = pixels.shape
    before = np.empty_like(pixels)
    before[:, 1:] = pixels[:, :-1]
    before[1:, 0], before[0, 0] = pixels[:-1, 0], 128
    # Nine categories with codes of four bits each: 0000 to 1000.
    bits = "".join(_difference(int(value)) for value in (pixels - before).ravel())
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    ids = b"RGB" if channels == 3 else b"\1"
    frame = struct.pack(">BHHB", 8, height, width, channels) + b"".join(bytes([id, 0x11, 0]) for id in ids)
    table = bytes([0, 0, 0, 0, 9, *[0] * 12, *range(9)])
    scan = bytes([channels]) + b"".join(bytes([id, 0]) for id in ids) + bytes([1, 0, 0])
    segments = ((0xC3, frame), (0xC4, table), (0xDA, scan))
    heads = b"".join(bytes([0xFF, name]) + struct.pack(">H", len(body) + 2) + body for name, body in segments)
    return b"\xff\xd8" + heads + data + b"\xff\xd9"


def _difference(value: int) -> str:
    category = abs(value).bit_length()
    extra = value if value > 0 else value + 2**category - 1
    return f"{category:04b}" + (f"{extra:0{category}b}" if category else "")


def saved(image: Image.Image, format: str, **settings: object) -> bytes:
    """Return a photo as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, format, **settings)
    return buffer.getvalue()
