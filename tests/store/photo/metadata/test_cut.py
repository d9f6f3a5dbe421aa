"""Cutting metadata out of photos: what must go is gone, and every pixel is as it was, by two decoders."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence

from store.photo.decode import decode, orientation_of
from store.photo.metadata.cut import bare
from store.photo.metadata.rights import rights_of
from tests import speaking_photos as speaking
from tests.store.photo.test_decode import encoded

PHOTOS = {
    **{kind: make() for kind, make in speaking.FORMATS.items()},
    "progressive jpeg": speaking.jpeg(progressive=True),
}


def by_opencv(content: bytes) -> np.ndarray:
    found: np.ndarray | None = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", PHOTOS)
def test_secrets_go_and_pixels_stay(kind: str) -> None:
    content = PHOTOS[kind]
    result = bare(content).content
    assert any(secret in content for secret in speaking.SECRETS)
    assert [secret for secret in speaking.SECRETS if secret in result] == []
    np.testing.assert_array_equal(by_opencv(result), by_opencv(content))
    np.testing.assert_array_equal(decode(result).image, decode(content).image)
    assert decode(result).format == decode(content).format


@pytest.mark.parametrize("kind", PHOTOS)
def test_rights_profile_and_orientation_stay(kind: str) -> None:
    content = PHOTOS[kind]
    found = bare(content)
    assert found.rights.stated() == speaking.STATED
    assert rights_of(found.content) == found.rights
    assert orientation_of(found.content) == orientation_of(content)
    with Image.open(io.BytesIO(found.content)) as image:
        assert image.info.get("icc_profile") == (None if kind == "gif" else speaking.PROFILE)


@pytest.mark.parametrize("kind", PHOTOS)
def test_a_second_cut_finds_nothing(kind: str) -> None:
    once = bare(PHOTOS[kind]).content
    assert bare(once).content == once


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_photo_that_says_nothing_comes_back_as_it_is(kind: str) -> None:
    options = {"comment": b""} if kind == "GIF" else {}
    content = encoded(speaking.picture(), kind, **options)
    assert bare(content).content == content


def test_frames_of_animations_stay() -> None:
    def frames(content: bytes) -> list[bytes]:
        with Image.open(io.BytesIO(content)) as image:
            return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(image)]

    more = [speaking.picture(seed) for seed in (1, 2)]
    options = {"save_all": True, "append_images": more, "loop": 3, "duration": 70}
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        extra = {"exif": speaking.exif(1), "xmp": speaking.xmp()} if kind in ("WEBP", "AVIF") else {}
        content = encoded(speaking.picture(), kind, **options, **extra)
        result = bare(content).content
        assert len(frames(content)) == 3
        assert frames(result) == frames(content)
        assert [secret for secret in speaking.SECRETS if secret in result] == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_stays(kind: str, orientation: int) -> None:
    content = encoded(speaking.picture(), kind, exif=b"Exif\0\0" + speaking.exif(orientation))
    result = bare(content).content
    assert orientation_of(result) == orientation
    assert bare(result).content == result
    np.testing.assert_array_equal(by_opencv(result), by_opencv(content))


def test_an_orientation_in_xmp_alone_stays() -> None:
    said = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" '
    packet = speaking.xmp().replace(b"<rdf:Description ", said)
    content = encoded(speaking.picture(), "JPEG", xmp=packet)
    assert orientation_of(content) == orientation_of(bare(content).content) == 6


def test_modes_that_need_more_than_their_pixels_stay() -> None:
    picture = speaking.picture()
    for image, kind, options in (
        (picture.convert("CMYK"), "JPEG", {}),  # the segment of Adobe says which way round
        (picture.quantize(8), "PNG", {"transparency": 3}),
        (picture.quantize(8), "GIF", {"transparency": 3}),
        (picture.convert("L"), "PNG", {"transparency": 100}),
        (Image.fromarray(np.arange(48 * 36, dtype=np.uint16).reshape(36, 48)), "PNG", {}),
        (picture.convert("RGBA"), "AVIF", {}),
        (picture.convert("RGBA"), "WEBP", {"lossless": True}),
        (picture, "TIFF", {"compression": "tiff_lzw"}),
        (picture, "TIFF", {"compression": "jpeg"}),
        (picture, "TIFF", {"big_tiff": True}),
    ):
        content = encoded(image, kind, **options)
        if kind in ("JPEG", "PNG", "WEBP", "AVIF"):
            content = encoded(image, kind, exif=speaking.exif(1), **options)
        result = bare(content).content
        np.testing.assert_array_equal(decode(result).image, decode(content).image)
        assert [secret for secret in speaking.SECRETS if secret in result] == []


def test_what_only_the_decoder_understands_becomes_a_png() -> None:
    content = speaking.gif()
    image = content.index(b"\x21\xf9\x04")
    odd = content[:image] + b"\x05" + content[image:]  # Pillow looks for the next block that it knows
    result = bare(odd).content
    assert decode(result).format == "png"
    assert speaking.SERIAL not in result
    assert rights_of(result).stated() == speaking.STATED
    np.testing.assert_array_equal(decode(result).image, decode(odd).image)


def test_a_profile_with_a_tail_loses_it() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        content = encoded(speaking.picture(), kind, icc_profile=speaking.PROFILE + speaking.SERIAL)
        result = bare(content).content
        with Image.open(io.BytesIO(result)) as image:
            assert image.info["icc_profile"] == speaking.PROFILE
