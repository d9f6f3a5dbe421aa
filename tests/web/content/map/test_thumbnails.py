"""Thumbnails show their photos, each at its place on the sheet."""

import io

import numpy as np
import pytest
from PIL import Image

from dataset.read import photo_bytes
from store.place import Place
from web.content.catalogue import Catalogue
from web.content.map.thumbnails import SIZE, columns, jpeg, sheet, thumbnails

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200)]


def square(colour: tuple[int, int, int]) -> bytes:
    return bytes(colour) * SIZE**2


@pytest.mark.parametrize(("count", "across"), [(0, 1), (1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4)])
def test_a_sheet_is_about_square(count: int, across: int) -> None:
    assert columns(count) == across


def test_each_lies_at_its_place_on_the_sheet() -> None:
    with Image.open(io.BytesIO(sheet([*map(square, COLOURS), b""]))) as picture:
        assert picture.size == (3 * SIZE, 2 * SIZE)
        for number, colour in enumerate([*COLOURS, (136, 136, 136)]):
            row, column = divmod(number, 3)
            middle = np.asarray(picture, float)[row * SIZE + SIZE // 2, column * SIZE + SIZE // 2]
            assert np.abs(middle - colour).max() < 12, number


def test_they_are_of_the_photos_that_were_asked_for_in_that_order(whole: Place) -> None:
    """Against Pillow's own small copies of the photos as the dataset has them."""
    catalogue = Catalogue.load(whole.dataset)
    numbers = np.random.default_rng(0).permutation(len(catalogue))[:15]
    told: list[tuple[int, int]] = []
    found = thumbnails(catalogue, numbers, lambda done, total: told.append((done, total)))
    assert told == [(done, 15) for done in range(1, 16)]
    contents = dict(photo_bytes(whole.dataset))
    for number, content in zip(numbers, found, strict=True):
        with Image.open(io.BytesIO(contents[catalogue.sha256s[number]])) as photo:
            short = min(photo.size)
            left, top = ((side - short) // 2 for side in photo.size)
            expected = photo.convert("RGB").crop((left, top, left + short, top + short)).resize((8, 8))
        picture = Image.frombytes("RGB", (SIZE, SIZE), content)
        difference = np.asarray(picture.resize((8, 8)), float) - np.asarray(expected, float)
        assert np.abs(difference).mean() < 8
        with Image.open(io.BytesIO(jpeg(content))) as written:
            assert written.size == (SIZE, SIZE)
            loss = np.asarray(written.resize((8, 8)), float) - np.asarray(picture.resize((8, 8)), float)
        assert np.abs(loss).mean() < 4


def test_a_photo_that_cannot_be_decoded_has_none(whole: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue.load(whole.dataset)
    monkeypatch.setattr("web.content.map.thumbnails._contents", lambda *_: iter([b"no photo"]))
    assert thumbnails(catalogue, np.array([3]), lambda done, total: None) == [b""]
