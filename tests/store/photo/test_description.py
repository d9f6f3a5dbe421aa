"""A photo's description: its perceptual hash is imagehash's, found without decoding more than it needs."""

import io

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from demo.scenes import jpeg, scene
from store.photo.decode import FORMATS, decode
from store.photo.description import describe, perceptual_hash

PHOTOS = [jpeg(scene(3, number)) for number in range(12)]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def saved(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "I;16"])
def test_the_hash_is_that_of_imagehash(mode: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    for image in (opened(PHOTOS[0]), opened(PHOTOS[1]), Image.fromarray(noise)):
        image = image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)
        assert perceptual_hash(image) == str(imagehash.phash(image.convert("RGB")))


def test_a_photo_of_one_colour_has_the_hash_of_every_other() -> None:
    hashes = {perceptual_hash(Image.new("L", (40, 30), grey)) for grey in (1, 77, 129, 255)}
    assert hashes == {"8000000000000000"}


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_decoded_small_is_near_to_itself_decoded_whole(mode: str) -> None:
    """The dataset groups photos up to 4 bits apart."""
    for drawn in PHOTOS:
        content = saved(opened(drawn).convert(mode), "JPEG")
        whole = str(imagehash.phash(opened(content).convert("RGB")))
        assert distance(describe(content).phash, whole) <= 2
        assert describe(saved(opened(content).convert("RGB"), "PNG")).phash == whole


def test_the_size_is_the_photos_own() -> None:
    photo = describe(PHOTOS[0])
    assert (photo.width, photo.height) == opened(PHOTOS[0]).size
    assert photo.width > 256, "or nothing was decoded small"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_jpeg_cut_short_anywhere_is_refused(share: float, progressive: bool) -> None:
    buffer = io.BytesIO()
    opened(PHOTOS[0]).save(buffer, "JPEG", progressive=progressive)
    content = buffer.getvalue()
    with pytest.raises(ValueError, match="truncated"):
        describe(content[: int(len(content) * share)])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PHOTOS), st.data())
def test_damage_is_found_as_decoding_the_whole_photo_finds_it(photo: bytes, data: st.DataObject) -> None:
    content = bytearray(photo)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 3000))] = data.draw(st.binary(max_size=9))
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        image.load()
    except Exception:
        with pytest.raises(ValueError, match=r"\S"):
            describe(bytes(content))
        with pytest.raises(ValueError, match=r"\S"):
            decode(bytes(content))
    else:
        said, picture = describe(bytes(content)), decode(bytes(content))
        assert (said.width, said.height) == (picture.width, picture.height) == image.size
