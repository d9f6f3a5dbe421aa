"""Faults of photos: files that are not what their name says, and formats that few programs expect."""

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from demo.faults.fault import Fault, Request
from demo.serving.responses import Response

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATION, _ROTATED_90 = 0x0112, 6


def replaced(make: Callable[[bytes], bytes]) -> Fault:
    """Return the fault that replaces a photo's bytes; the content type stays JPEG."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return replace(response, body=make(response.body)) if response.status == 200 else response

    return fault


def converted(save: Callable[["Image.Image", BytesIO], None]) -> Fault:
    """Return the fault that saves the same picture as another kind of file."""

    def make(body: bytes) -> bytes:
        from PIL import Image

        file = BytesIO()
        with Image.open(BytesIO(body)) as image:
            save(image, file)
        return file.getvalue()

    return replaced(make)


def twice(response: Response, request: Request, earlier: int) -> Response:
    """Send the previous photo."""
    return response if not request.photo else request.correct_response_for(request.photo - 1)


def near(response: Response, request: Request, earlier: int) -> Response:
    """Send the previous photo, a little smaller and with more compression."""
    return _smaller(twice(response, request, earlier), request, earlier)


@lru_cache(2)
def _bomb(side: int) -> bytes:
    """Return a PNG of side × side black pixels of one bit: about 10 kB for a hundred million pixels."""
    # Row by row: the pixels of 2.5 billion would not fit into memory.
    row = b"\0" + bytes((side + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join([packer.compress(row) for _ in range(side)] + [packer.flush()])
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _noise(body: bytes) -> bytes:
    # Seeded, so that a photo is the same noise each time.
    return random.Random(len(body)).randbytes(20_000)


def _absurd_exif(body: bytes) -> bytes:
    """Insert an APP1 segment of 60 kB after the JPEG's start: an EXIF header, then noise."""
    content = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + random.Random(1).randbytes(60_000)
    return body[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + body[2:]


def _animated(image: "Image.Image", file: BytesIO) -> None:
    frames = [image.rotate(angle).quantize(64) for angle in (0, 5, 10)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=200)


def _rotated(image: "Image.Image", file: BytesIO) -> None:
    exif = image.getexif()
    # The pixels are turned by 90° one way, and EXIF says to turn them back.
    exif[_ORIENTATION] = _ROTATED_90
    image.rotate(90, expand=True).save(file, "JPEG", exif=exif, quality=87)


def _sixteen_bit(image: "Image.Image", file: BytesIO) -> None:
    # 257 × 255 = 65,535: the whole range of 16 bits.
    grey = image.convert("I").point(lambda level: level * 257)
    grey.convert("I;16").save(file, "PNG")


def _transparent(image: "Image.Image", file: BytesIO) -> None:
    image.putalpha(image.convert("L"))
    image.save(file, "PNG", compress_level=1)


def _save_smaller(image: "Image.Image", file: BytesIO) -> None:
    image.resize((image.width * 9 // 10, image.height * 9 // 10)).save(file, "JPEG", quality=60)


_smaller = converted(_save_smaller)

FAULTS: dict[str, Fault] = {
    "photo-html": replaced(lambda body: b"<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>"),
    "photo-empty": replaced(lambda body: b""),
    "photo-noise": replaced(_noise),
    "photo-truncated": replaced(lambda body: body[: len(body) // 2]),
    "photo-bomb": replaced(lambda body: _bomb(13_000)),
    "photo-huge-bomb": replaced(lambda body: _bomb(50_000)),
    "photo-cmyk": converted(lambda image, file: image.convert("CMYK").save(file, "JPEG")),
    "photo-grey": converted(lambda image, file: image.convert("L").save(file, "JPEG")),
    "photo-palette": converted(lambda image, file: image.quantize(64).save(file, "PNG")),
    "photo-alpha": converted(_transparent),
    "photo-16bit": converted(_sixteen_bit),
    "photo-animated": converted(_animated),
    "photo-webp": converted(lambda image, file: image.save(file, "WEBP")),
    "photo-rotated": converted(_rotated),
    "photo-exif": replaced(_absurd_exif),
    "photo-tiny": converted(lambda image, file: image.resize((1, 1)).save(file, "JPEG")),
    "photo-twice": twice,
    "photo-near": near,
}
