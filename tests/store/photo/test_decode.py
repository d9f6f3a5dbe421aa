"""Decoding hostile photos: orientation, modes, transparency, damage, limits."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from store.photo import decode as decoder
from store.photo.errors import OutsideLimits, UnusablePhoto
from store.photo.options import PhotoOptions, limited
from tests.featurize.small_networks import photo

ORIENTATION = 0x0112


def decode(content: bytes) -> Image.Image:
    return decoder.decode(content).image


def encoded(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_is_turned(orientation: int) -> None:
    upright = Image.fromarray(noise(40, 30))
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    np.testing.assert_array_equal(decode(encoded(stored, exif=exif)), np.asarray(upright))


def test_broken_exif_does_not_lose_the_photo() -> None:
    content = encoded(Image.new("RGB", (40, 20)), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode(content).size == (40, 20)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (16, 16), 100), (100, 100, 100)),
        (Image.new("1", (16, 16), 1), (255, 255, 255)),
        (Image.new("LA", (16, 16), (100, 0)), (255, 255, 255)),
        (Image.new("RGBA", (16, 16), (10, 20, 30, 255)), (10, 20, 30)),
        (Image.new("RGBA", (16, 16), (0, 0, 0, 0)), (255, 255, 255)),
        (Image.new("P", (16, 16), 0), (0, 0, 0)),
        (Image.fromarray(np.full((16, 16), 100 * 256, np.uint16)), (100, 100, 100)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_every_mode_becomes_rgb(image: Image.Image, expected: tuple[int, int, int]) -> None:
    assert decode(encoded(image)).getpixel((3, 3)) == expected


def test_cmyk_becomes_rgb() -> None:
    content = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    red, green, blue = np.asarray(decode(content))[8, 8]
    assert red > 200
    assert max(green, blue) < 60


def test_a_palette_with_a_transparent_colour_is_laid_on_white() -> None:
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 9, 9, 9])
    assert decode(encoded(image, transparency=1)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_photo_cut_short_is_undecodable(share: float) -> None:
    content = photo(1, 200, 150)
    with pytest.raises(UnusablePhoto):
        decode(content[: int(len(content) * share)])


def scanned(times: int) -> bytes:
    """Return a progressive JPEG of 6 scans, the last one again and again until there are so many."""
    content = encoded(Image.new("L", (64, 64), 128), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -2]
    assert content.count(b"\xff\xda") == 6
    return content[:-2] + last * (times - 6) + b"\xff\xd9"


def test_a_picture_in_more_scans_than_any_real_one_is_not_decoded() -> None:
    """Each is a pass over all pixels: a megabyte of them takes minutes. 500 is libjpeg-turbo's limit."""
    assert decode(scanned(500)).size == (64, 64)
    with pytest.raises(UnusablePhoto, match="more than 500 scans"):
        decode(scanned(501))


def test_a_film_behind_a_picture_has_no_scans() -> None:
    """Phones put one there, of any bytes, tens of megabytes long."""
    assert decode(scanned(6) + b"\xff\xda\x00\x02" * 600).size == (64, 64)


def test_an_end_within_a_segment_hides_no_scans() -> None:
    content, comment = scanned(501), b"\xff\xfe\x00\x04\xff\xd9"
    last = content.rindex(b"\xff\xda", 0, len(content) // 2)
    with pytest.raises(UnusablePhoto, match="more than 500 scans"):
        decode(content[:last] + comment + content[last:])


def test_what_looks_like_scans_in_a_comment_is_none() -> None:
    content = scanned(6)
    comment = b"\xff\xda" * 600
    content = content[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + content[2:]
    assert decode(content).size == (64, 64)


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(UnusablePhoto, match="8000x8000 pixels, more than 25 megapixels"):
        decode(encoded(Image.new("1", (8_000, 8_000))))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 13_500])  # where Pillow warns, and where it refuses
def test_so_are_far_too_many(side: int) -> None:
    with pytest.raises(UnusablePhoto, match="more than 25 megapixels"):
        decode(encoded(Image.new("1", (side, side))))


def test_formats_whose_decoders_run_programs_are_not_tried() -> None:
    with pytest.raises(UnusablePhoto, match=r"not a photo in a known format \(JPEG"):
        decode(encoded(Image.new("RGB", (16, 16)), "EPS"))


@given(st.binary(max_size=200), st.integers(0, 2000))
@settings(max_examples=150, deadline=None)
def test_hostile_bytes_are_undecodable_or_a_picture(garbage: bytes, at: int) -> None:
    whole = photo(1)
    place = at % len(whole)
    for content in (garbage, whole[:place] + garbage + whole[place + len(garbage) :]):
        with contextlib.suppress(UnusablePhoto):
            assert decode(content).mode == "RGB"


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((4000, 200), ""),
        ((16, 16), ""),
        ((9000, 1), "side of less than 16"),
        ((4001, 200), "more than 20 times"),
        ((15, 90), "less than 16"),
        ((5001, 5000), "more than 25 megapixels"),
        ((5000, 5000), ""),
    ],
)
def test_limits(size: tuple[int, int], reason: str) -> None:
    content = encoded(Image.new("1", size))
    if not reason:
        assert decoder.decode(content).image.size == size
        return
    with pytest.raises(OutsideLimits, match=f"^{size[0]}x{size[1]} pixels, .*{reason}.*photos"):
        decode(content)
    with limited(PhotoOptions(max_megapixels=26, min_side=1, max_aspect=9000)):
        assert decode(content).size == size
