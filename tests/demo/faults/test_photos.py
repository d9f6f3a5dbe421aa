"""Each fault of photos does what its line says."""

from io import BytesIO

import imagehash
import pytest
from PIL import Image, UnidentifiedImageError

from demo.routes import HOST, Routes
from tests.demo.faults.faulty_site import SITE, affected_photo, faulty_photo, opened


@pytest.mark.parametrize(
    ("fault", "form", "mode"),
    [
        ("photo-cmyk", "JPEG", "CMYK"),
        ("photo-grey", "JPEG", "L"),
        ("photo-palette", "PNG", "P"),
        ("photo-alpha", "PNG", "RGBA"),
        ("photo-16bit", "PNG", "I;16"),
        ("photo-animated", "GIF", "P"),
        ("photo-webp", "WEBP", "RGB"),
        ("photo-rotated", "JPEG", "RGB"),
        ("photo-exif", "JPEG", "RGB"),
        ("photo-tiny", "JPEG", "RGB"),
    ],
)
def test_odd_photos_can_be_decoded(fault: str, form: str, mode: str) -> None:
    with opened(fault) as image:
        image.load()
        assert (image.format, image.mode) == (form, mode)
    assert faulty_photo(fault).content_type == "image/jpeg"


def test_odd_photos_are_odd() -> None:
    assert opened("photo-tiny").size == (1, 1)
    assert getattr(opened("photo-animated"), "n_frames", 0) == 3
    assert opened("photo-rotated").getexif()[0x0112] == 6
    assert opened("photo-rotated").height == 600
    assert len(faulty_photo("photo-exif").body) > 60_000


@pytest.mark.parametrize("fault", ["photo-html", "photo-empty", "photo-noise"])
def test_bogus_photos_are_none(fault: str) -> None:
    with pytest.raises(UnidentifiedImageError):
        opened(fault)


def test_a_truncated_photo_opens_but_does_not_load() -> None:
    with opened("photo-truncated") as image, pytest.raises(OSError, match="truncated"):
        image.load()


@pytest.mark.parametrize(("fault", "side"), [("photo-bomb", 13_000), ("photo-huge-bomb", 50_000)])
def test_bombs_are_small_and_wide(fault: str, side: int) -> None:
    body = faulty_photo(fault).body
    assert len(body) < 1_000_000
    assert int.from_bytes(body[16:20], "big") == int.from_bytes(body[20:24], "big") == side


def test_photos_that_fail_or_repeat() -> None:
    assert [faulty_photo("photo-404", times).status for times in (1, 2)] == [404, 404]
    assert [faulty_photo("photo-500", times).status for times in (1, 2)] == [500, 200]
    before = SITE.photo_name(affected_photo("photo-twice") - 1)
    same = Routes(SITE, "angular_2020").respond(f"/photo/odai/600/{before}_600.jpg", HOST)
    assert faulty_photo("photo-twice").body == same.body


def test_a_near_photo_is_the_same_to_the_eye_only() -> None:
    before = SITE.photo_name(affected_photo("photo-near") - 1)
    same = Routes(SITE, "angular_2020").respond(f"/photo/odai/600/{before}_600.jpg", HOST)
    assert faulty_photo("photo-near").body != same.body
    with opened("photo-near") as near, Image.open(BytesIO(same.body)) as image:
        assert imagehash.phash(near) - imagehash.phash(image) <= 2
