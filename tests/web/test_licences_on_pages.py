"""What a photo's licence lets pages do: a preview with its picture, and captions saved with it."""

import re

import pytest
from fastapi.testclient import TestClient

from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.place import Place
from tests import crawl_tables
from web.app import create
from web.content.library import Library
from web.options import HideOptions, WebOptions

LICENCES = {1: "CC-BY-4.0", 2: "CC-BY-ND-4.0", 3: None, 4: "All rights reserved"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    found = Place(tmp_path_factory.mktemp("licences"), "p")
    pages = [
        crawl_tables.page(
            n, [crawl_tables.boke(n, n, f'犬が"{n}"', stars=9), crawl_tables.boke(10 + n, n, "猫")]
        )
        for n in LICENCES
    ]
    images = [
        crawl_tables.image(n, licence=licence, credit="梅 & co", source="example.org")
        for n, licence in LICENCES.items()
    ]
    crawl_tables.write(found.crawl, pages, images)
    build(DatasetOptions(), [found.crawl], found.dataset, name="p")
    return found


def photo_page(place: Place, odai: int, options: WebOptions | None = None) -> str:
    catalogue = Library().catalogue(place)
    [sha256] = [
        catalogue.sha256s[number]
        for number in range(len(catalogue))
        if odai in catalogue.photo(number)["odai_ids"]
    ]
    with TestClient(create(place.data, "p", options=options), base_url="https://boke.example") as client:
        return client.get(f"/pipelines/p/photos/{sha256}").text


def meta(text: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', text))


def test_a_photo_that_may_be_passed_on_has_a_preview_with_its_picture(place: Place) -> None:
    text = photo_page(place, 1)
    found = meta(text)
    assert found["og:title"] == "A photo of: 犬"
    assert found["og:description"] == "犬が&#34;1&#34;"
    assert re.fullmatch(
        r"https://boke\.example/pipelines/p/photos/[0-9a-f]{64}\.jpg\?size=600", found["og:image"]
    )
    assert "<title>A photo of: 犬 · Bokeru</title>" in text
    assert 'data-picture="Photo: 梅 &amp; co · CC-BY-4.0"' in text


@pytest.mark.parametrize("odai", [2, 4])
def test_one_whose_licence_says_no_has_no_picture(place: Place, odai: int) -> None:
    text = photo_page(place, odai)
    assert meta(text)["og:title"] == "A photo of: 犬"
    assert not meta(text).keys() & {"og:image", "og:image:alt", "twitter:card"}
    assert "data-picture" not in text


def test_one_whose_licence_nobody_knows_is_shown_to_nobody_else(place: Place) -> None:
    text = photo_page(place, 3)
    assert "og:image" not in meta(text)
    assert 'data-picture="Photo: 梅 &amp; co · licence unknown"' in text


def test_a_hidden_caption_is_in_no_preview(place: Place) -> None:
    found = meta(photo_page(place, 1, WebOptions(hide=HideOptions(words=("犬が",)))))
    assert found["og:description"] == "猫"
