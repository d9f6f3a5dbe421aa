"""Preparing photos for a network: the same pixels as Caffe's own tools."""

import contextlib
import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from featurize.options import FeatureOptions
from featurize.preprocess import ORIENTATION, Recipe, Undecodable, decode
from tests.featurize.small_networks import photo

MEAN = FeatureOptions().mean
CAFFE = Recipe("caffe", 227, MEAN)


def encoded(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def by_opencv(pixels: np.ndarray, size: int) -> np.ndarray:
    """Return what Caffe's own tools make of R, G, B pixels."""
    warped = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_LINEAR)
    start = (256 - size) // 2
    cut = warped[start : start + size, start : start + size, ::-1].astype(np.float32)
    return np.asarray(cut - np.array(MEAN, np.float32)).transpose(2, 0, 1)


@pytest.mark.parametrize("size", [227, 224, 256])
@pytest.mark.parametrize(("width", "height"), [(600, 450), (256, 256), (100, 80), (31, 777), (1, 1), (2, 1)])
def test_caffe_is_exactly_opencv(width: int, height: int, size: int) -> None:
    pixels = noise(width, height)
    prepared = Recipe("caffe", size, MEAN).prepare(encoded(Image.fromarray(pixels)))
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, by_opencv(pixels, size))


@pytest.mark.compiled
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_caffe_is_exactly_opencv_at_any_size(width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, seed)
    prepared = Recipe("caffe", 227, MEAN).prepare(encoded(Image.fromarray(pixels)))
    np.testing.assert_array_equal(prepared, by_opencv(pixels, 227))


def test_channels_are_blue_green_red_minus_their_mean() -> None:
    prepared = CAFFE.prepare(encoded(Image.new("RGB", (300, 200), (10, 20, 30))))
    expected = np.array([30, 20, 10], np.float32) - np.array(MEAN, np.float32)
    np.testing.assert_array_equal(prepared[:, 5, 7], expected)


def test_the_middle_is_rows_and_columns_14_to_240() -> None:
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[14, 14], pixels[240, 240], pixels[13], pixels[241] = 255, 255, 200, 200
    prepared = CAFFE.prepare(encoded(Image.fromarray(pixels))) + np.array(MEAN, np.float32).reshape(3, 1, 1)
    assert np.argwhere(prepared[0] > 100).tolist() == [[0, 0], [226, 226]]


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


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_does_not_lose_the_photo() -> None:
    content = encoded(Image.new("RGB", (20, 10)), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode(content).size == (20, 10)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (8, 8), 100), (100, 100, 100)),
        (Image.new("1", (8, 8), 1), (255, 255, 255)),
        (Image.new("LA", (8, 8), (100, 0)), (255, 255, 255)),
        (Image.new("RGBA", (8, 8), (10, 20, 30, 255)), (10, 20, 30)),
        (Image.new("RGBA", (8, 8), (0, 0, 0, 0)), (255, 255, 255)),
        (Image.new("P", (8, 8), 0), (0, 0, 0)),
        (Image.fromarray(np.full((8, 8), 100 * 256, np.uint16)), (100, 100, 100)),
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
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 9, 9, 9])
    assert decode(encoded(image, transparency=1)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_photo_cut_short_is_undecodable(share: float) -> None:
    content = photo(1, 200, 150)
    with pytest.raises(Undecodable):
        decode(content[: int(len(content) * share)])


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(Undecodable, match="8000x8000 pixels, more than 50,000,000"):
        decode(encoded(Image.new("1", (8_000, 8_000))))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 13_500])  # where Pillow warns, and where it refuses
def test_so_are_far_too_many(side: int) -> None:
    with pytest.raises(Undecodable, match=r"more than 50,000,000|decompression bomb"):
        decode(encoded(Image.new("1", (side, side))))


def test_formats_whose_decoders_run_programs_are_not_tried() -> None:
    with pytest.raises(Undecodable, match=r"in no format that is known \(JPEG"):
        decode(encoded(Image.new("RGB", (8, 8)), "EPS"))


@given(st.binary(max_size=200), st.integers(0, 2000))
@settings(max_examples=150, deadline=None)
def test_hostile_bytes_are_undecodable_or_a_picture(garbage: bytes, at: int) -> None:
    whole = photo(1)
    place = at % len(whole)
    for content in (garbage, whole[:place] + garbage + whole[place + len(garbage) :]):
        with contextlib.suppress(Undecodable):
            assert decode(content).mode == "RGB"


def test_clip_and_imagenet_standardise_and_keep_proportions() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = (255, 0, 0)  # the middle square is red
    content = encoded(Image.fromarray(pixels))
    clip = Recipe("clip", 50, MEAN).prepare(content)
    assert clip.shape == (3, 50, 50)
    np.testing.assert_allclose(clip[:, 25, 25], [(1 - 0.48145466) / 0.26862954, -1.7520971, -1.4802198], 1e-4)
    imagenet = Recipe("imagenet", 56, MEAN).prepare(content)
    np.testing.assert_allclose(
        imagenet[:, 28, 28], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225], 1e-5
    )
    assert (imagenet[0] > 0).mean() == 1  # 64 of the scaled 64 rows and columns are red; 56 are kept
