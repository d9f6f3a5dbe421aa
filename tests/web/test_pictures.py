"""Photos from strangers: limits, formats, damage."""

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from web.pictures import MAX_BYTES, UnusablePhoto, jpeg, opened


def photo(name: str = "JPEG", size: tuple[int, int] = (90, 60), mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 128).save(buffer, name)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


def measure(content: bytes) -> tuple[int, int, str]:
    picture = opened(content)
    return picture.width, picture.height, picture.format


def shown(content: bytes, size: int) -> bytes:
    return jpeg(opened(content), size)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
def test_formats_are_known_by_content(name: str) -> None:
    assert measure(photo(name)) == (90, 60, name.lower())
    assert measure(shown(photo(name), 45)) == (45, 30, "jpeg")


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_every_kind_of_pixel_becomes_a_jpeg(mode: str) -> None:
    assert measure(shown(photo("PNG", mode=mode), 240))[2] == "jpeg"
    assert measure(shown(photo("TIFF", mode="CMYK"), 240))[2] == "jpeg"


def test_photos_are_turned_as_they_were_held() -> None:
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (90, 60)).save(buffer, "JPEG", exif=exif)
    assert measure(shown(buffer.getvalue(), 90))[:2] == (60, 90)


@pytest.mark.parametrize("size", [(8000, 8000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    assert len(bomb(*size)) < 100
    with pytest.raises(UnusablePhoto, match="more than 25 megapixels"):
        shown(bomb(*size), 240)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(UnusablePhoto, match="more than 12 MB"):
        measure(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"GIF89a", photo()[:200]]
)
def test_what_is_no_whole_photo_is_refused(content: bytes) -> None:
    with pytest.raises(UnusablePhoto):
        shown(content, 240)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_at_all_raise_anything_else(data: st.DataObject) -> None:
    content = bytearray(photo(data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "TIFF"]))))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnusablePhoto):
        shown(bytes(content[: data.draw(st.integers(0, len(content)))]), 60)
