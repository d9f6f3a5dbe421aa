"""What each fact of a photo is, by pictures whose facts are known beforehand, and by OpenCV's Laplacian."""

import io
import math

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter

from benchmarks.near.drawn import photo
from store.photo.decode import decode
from store.photo.description import ENOUGH
from store.photo.facts import SIDE, Facts, blank, blur, brightness, contrast, entropy, measured, reduced
from tests import crawl_tables

BLACK, WHITE, GREY = (np.full((SIDE, SIDE), shade, np.uint8) for shade in (0, 255, 51))
HALVES = np.hstack([BLACK[:, : SIDE // 2], WHITE[:, : SIDE // 2]])
STEPS = np.arange(SIDE * SIDE, dtype=np.uint32).reshape(SIDE, SIDE).astype(np.uint8)
"""Each of 256 greys equally often."""


@pytest.mark.parametrize(
    ("pixels", "right"),
    [
        # brightness, contrast, entropy, blank
        pytest.param(BLACK, (0, 0, 0, 1), id="black"),
        pytest.param(WHITE, (1, 0, 0, 1), id="white"),
        pytest.param(GREY, (0.2, 0, 0, 1), id="a fifth"),
        pytest.param(HALVES, (0.5, 0.5, 1, 0.5), id="half black, half white"),
        pytest.param(STEPS, (0.5, math.sqrt((256**2 - 1) / 12) / 255, 8, 17 / 256), id="every grey"),
    ],
)
def test_facts_of_pictures_are_those_that_their_definitions_give(
    pixels: np.ndarray, right: tuple[float, ...]
) -> None:
    counts = np.bincount(pixels.ravel(), minlength=256)
    found = [fact(counts) for fact in (brightness, contrast, entropy, blank)]
    assert found == pytest.approx(right, abs=1e-9)
    assert "-" not in repr(found)


def test_blur_is_the_variance_of_opencvs_laplacian() -> None:
    assert blur(GREY) == 0
    for seed in range(3):
        pixels = np.asarray(reduced(photo(seed)))
        assert blur(pixels) == pytest.approx(cv2.Laplacian(pixels, cv2.CV_64F).var(), rel=1e-9)


def saved(image: Image.Image, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=95)
    return buffer.getvalue()


def facts(content: bytes) -> Facts:
    picture = decode(content, ENOUGH, grey=True)
    return measured(picture, reduced(picture.image))


def test_more_blur_is_less_and_any_size_of_a_photo_has_about_the_same_facts() -> None:
    whole = Image.open(io.BytesIO(crawl_tables.photo(3))).resize((1200, 800), Image.Resampling.NEAREST)
    softened = [whole.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 12, 24, 48)]
    blurred = [facts(saved(image)).blur for image in softened]
    assert blurred == sorted(blurred, reverse=True)
    assert blurred[0] > 3 * blurred[1] > 9 * blurred[3]
    large, small = facts(saved(whole)), facts(saved(whole.resize((300, 200)), "PNG"))
    assert (large.width, large.height, large.aspect) == (1200, 800, 1.5)
    assert (small.width, small.height, small.aspect) == (300, 200, 1.5)
    assert large[4:] == pytest.approx(small[4:], rel=0.15)


def test_bytes_are_those_of_the_photo_as_it_came_and_sides_those_of_the_upright_one() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF 2.3: a quarter turn
    buffer = io.BytesIO()
    photo(1).resize((90, 60)).save(buffer, "JPEG", exif=exif)
    found = facts(buffer.getvalue())
    assert (found.width, found.height, found.aspect) == (60, 90, 1.5)
    assert found.bytes == len(buffer.getvalue())
