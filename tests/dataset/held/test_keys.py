"""The list of keys, held to keys that hashlib makes, and to the answers of `contains`."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataset.build.stage import build
from dataset.held.keys import Keys, keys_of
from dataset.held.rows import held_rows
from dataset.options import DatasetOptions
from store.place import Place
from tests.crawl_tables import boke, image, page, photo, write

MD5 = "0123456789abcdef" * 2
ADDRESS = f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{MD5}_600.jpg"
FETCHED = datetime(1970, 1, 11, 23, 59, tzinfo=UTC)
"""Day 10, as days are counted from 0."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Of a photo with two captions, of which one is left out; of one with two; and of one without."""
    place = Place(tmp_path_factory.mktemp("keys"), "p")
    addresses = {1: ADDRESS, 2: ADDRESS.replace("https:", "http:").replace(MD5, MD5[::-1])}
    stars = {1: {10: 9, 11: 0}, 2: {20: 9, 21: 9}}
    pages = [
        page(
            odai,
            [boke(n, odai, f"犬が{n}", stars=s, image_url=addresses[odai]) for n, s in stars[odai].items()],
            image_url=addresses[odai],
            licence="CC0-1.0" if odai == 1 else None,
        )
        for odai in stars
    ]
    images = [
        image(1, url=ADDRESS, fetched_at=FETCHED, licence="CC0-1.0", credit="梅"),
        image(2, url=addresses[2]),
        image(3),
    ]
    write(place.crawl, pages, images)
    build(DatasetOptions(min_stars=1), [place.crawl], place.dataset, name="p")
    with held_rows(place) as rows_of:
        found = keys_of(rows_of)
    assert found
    return found


def sha256(number: int) -> str:
    return hashlib.sha256(photo(number)).hexdigest()


def told(keys: Keys, name: str) -> list[tuple[int, int, tuple[str | None, ...]]]:
    """Return day, captions and origin of each photo that a name stands for."""
    key = hashlib.sha256(name.encode()).digest()[:5]
    places = [n for n, one in enumerate(keys.keys) if one.tobytes() == key]
    photos = [int(keys.photos[place]) for place in places]
    return [(int(keys.days[n]), int(keys.captions[n]), keys.named[keys.origins[n]]) for n in photos]


def test_what_the_dataset_has_is_told_by_every_name(keys: Keys) -> None:
    for name in ("boke 10", "odai 1", f"photo {sha256(1)}", f"address {MD5}"):
        [(day, captions, (_, licence, credit))] = told(keys, name)
        assert (day, captions, licence, credit) == (10, 1, "CC0-1.0", "梅"), name
    for name in ("boke 20", "boke 21", "odai 2", f"photo {sha256(2)}", f"address {MD5[::-1]}"):
        [(_, captions, (_, licence, credit))] = told(keys, name)
        assert (captions, licence, credit) == (2, None, None), name


def test_what_the_dataset_has_not_is_not_told(keys: Keys) -> None:
    for name in ("boke 11", "boke 30", "odai 3", f"photo {sha256(3)}", f"address {'0' * 32}"):
        assert told(keys, name) == [], name


def test_keys_are_in_order(keys: Keys) -> None:
    found = [one.tobytes() for one in keys.keys]
    assert found == sorted(found)
    assert len(found) == len(keys.photos) == 9


def test_a_pipeline_without_a_crawl_is_told_without_days(tmp_path: Path) -> None:
    place = Place(tmp_path, "p")
    write(place.crawl, [page(1, [boke(1, 1, "犬")])], [image(1)])
    build(DatasetOptions(), [place.crawl], place.dataset, name="p")
    for path in (place.crawl / "images").iterdir():
        path.unlink()
    with held_rows(place) as rows:
        found = keys_of(rows)
    assert found
    [(day, captions, _)] = told(found, "boke 1")
    assert (day, captions) == (0, 1)


@pytest.mark.parametrize("year", [1, 1955, 2149, 2150, 9999])
def test_days_that_no_crawl_can_have_are_not_told(tmp_path: Path, year: int) -> None:
    """The last of 16 bits is 2149-06-06. An archive of others says what it likes."""
    place = Place(tmp_path, "p")
    fetched = datetime(year, 6, 6, tzinfo=UTC)
    write(place.crawl, [page(1, [boke(1, 1, "犬")])], [image(1, fetched_at=fetched)])
    build(DatasetOptions(), [place.crawl], place.dataset, name="p")
    with held_rows(place) as rows:
        found = keys_of(rows)
    assert found
    [(day, _, _)] = told(found, "boke 1")
    assert day == (65535 if year == 2149 else 0)
