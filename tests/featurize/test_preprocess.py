"""Preparing photos for a network: the same pixels as Caffe's own tools."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from featurize.feeding.presets import CAFFE_MEAN as MEAN
from featurize.preprocess import Recipe
from store.photo.decode import Picture

CAFFE = Recipe("caffe", 227, MEAN)


def encoded(image: Image.Image, kind: str = "PNG", **settings: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def picture(pixels: np.ndarray) -> Picture:
    """Return a decoded picture of any size: the limits on photos are another matter."""
    return Picture(b"", Image.fromarray(pixels), pixels.shape[1], pixels.shape[0], "png")


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
    prepared = Recipe("caffe", size, MEAN).prepare(picture(pixels))
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, by_opencv(pixels, size))


@pytest.mark.compiled
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_caffe_is_exactly_opencv_at_any_size(width: int, height: int, seed: int) -> None:
    pixels = noise(width, height, seed)
    prepared = Recipe("caffe", 227, MEAN).prepare(picture(pixels))
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


def test_clip_and_imagenet_standardise_and_keep_proportions() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = (255, 0, 0)  # the middle square is red
    content = encoded(Image.fromarray(pixels))
    clip = Recipe("clip", 50).prepare(content)
    assert clip.shape == (3, 50, 50)
    np.testing.assert_allclose(clip[:, 25, 25], [(1 - 0.48145466) / 0.26862954, -1.7520971, -1.4802198], 1e-4)
    imagenet = Recipe("imagenet", 56).prepare(content)
    np.testing.assert_allclose(
        imagenet[:, 28, 28], [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225], 1e-5
    )
    assert (imagenet[0] > 0).mean() == 1  # 64 of the scaled 64 rows and columns are red; 56 are kept
