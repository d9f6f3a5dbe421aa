"""Facets and histograms: what a link says that it finds is found."""

import csv
import html
import io
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.place import Place
from tests import crawl_tables
from tests.crawl_tables import boke, image, page
from tests.web.content.browse.conftest import Rows, found
from web.app import create
from web.content.browse.columns import columns
from web.content.catalogue import Catalogue
from web.options import HideOptions

TAG = re.compile(
    r'<a class="tag( chosen)?" href="([^"]*)"><span lang="ja">([^<]*)</span> (?:<span class="quiet">)?(\d+)'
)
ROW = re.compile(
    r'<tr><th scope="row">(?:<a href="([^"]*)">)?([^<]*)(?:</a>)?</th><td class="count">(\d+)</td></tr>'
)
FIGURE = re.compile(r"<figure.*?</figure>", re.DOTALL)


def query(link: str) -> str:
    return urlsplit(html.unescape(link)).query


@pytest.mark.parametrize("asked", ["", "label=犬", "split=train&stars=1", "category=例え&text=猫"], ids=ascii)
def test_a_facet_counts_what_its_link_finds(client: TestClient, asked: str) -> None:
    tags = TAG.findall(client.get(f"/pipelines/it's/data?{asked}").text)
    assert len(tags) > 2
    for chosen, link, name, count in tags:
        if chosen:
            assert html.unescape(name) not in dict(parse_qsl(query(link))).values(), (
                "it takes back what is asked for"
            )
            assert len(found(client, asked)) == int(count)
        else:
            assert len(found(client, query(link))) == int(count), name


def test_facets_count_photos_and_not_names(client: TestClient, photos: Rows) -> None:
    tags = {
        html.unescape(name): int(count)
        for _, _, name, count in TAG.findall(client.get("/pipelines/it's/data").text)
    }
    # Photo 6 says 猫 twice. シュール stands at captions alone, 動物 at photos alone.
    expected = {
        "犬": 3,
        "人": 2,
        "猫": 2,
        "It's": 1,
        "動物": 4,
        "例え": 1,
        "シュール": 6,
        "バカ": 1,
        "ブラック": 1,
    }
    assert {name: count for name, count in tags.items() if name not in ("train", "dev")} == expected
    assert tags["train"] + tags["dev"] == len(photos) == 8


def captions(client: TestClient, asked: str) -> list[dict[str, str]]:
    text = client.get(f"/pipelines/it's/data.csv?{asked}").text
    return [row for row in csv.DictReader(io.StringIO(text, newline=""), strict=True) if row["text"]]


@pytest.mark.parametrize(
    "asked", ["", "stars=1&stars_max=50", "score=kanji&score_max=0.5", "label=犬"], ids=ascii
)
def test_a_bar_counts_what_its_link_finds(client: TestClient, asked: str) -> None:
    page = client.get(f"/pipelines/it's/statistics?{asked}").text
    figures = FIGURE.findall(page)
    titles = [re.findall(r"<h2>(.*?)</h2>", figure)[0] for figure in figures]
    assert titles == [
        *("Captions per photo", "Stars of the captions", "Length of the captions"),
        *("Days on which captions were posted", "Stars of each photo's best caption".replace("'", "&#39;")),
        *("Score kanji", "Score light"),
    ]
    followed = 0
    for title, figure in zip(titles, figures, strict=True):
        of_photos = '<th scope="col">photos</th>' in figure
        for link, ends, count in ROW.findall(figure):
            if link:
                rows = found(client, query(link)) if of_photos else captions(client, query(link))
                assert len(rows) == int(count), (title, ends)
                followed += 1
        # What is drawn leads where the table does.
        assert re.findall(r'<a href="([^"]*)" tabindex="-1"', figure) == [
            link for link, _, _ in ROW.findall(figure) if link
        ]
    assert followed > 10


def test_days_are_bins_of_days_months_or_years(client: TestClient) -> None:
    page = client.get("/pipelines/it's/statistics").text
    figure = next(one for one in FIGURE.findall(page) if "Days on which" in one)
    # Each caption is counted by its year; those that name no day were posted at `crawl_tables.NOW`, in 2026.
    told = {ends: int(count) for _, ends, count in ROW.findall(figure)}
    assert [*told] == [str(year) for year in range(2013, 2027)]
    assert {year: count for year, count in told.items() if count} == {
        "2013": 1,
        "2014": 1,
        "2019": 1,
        "2020": 1,
        "2021": 1,
        "2026": 12,
    }


def test_statistics_of_a_view_are_about_its_photos(client: TestClient) -> None:
    page = client.get("/pipelines/it's/statistics?label=猫").text
    figures = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert (figures["photos"], figures["captions"]) == ("2", "9")
    assert "words in the vocabulary" not in figures
    assert "Of the 2 photos that the filter finds." in page


def test_links_of_great_numbers_and_long_names_lead_to_photos(tmp_path: Path) -> None:
    place = Place(tmp_path, "odd")
    pages = [page(1, [boke(11, 1, "a", stars=3 * 10**9)], labels=["長" * 300], category="い" * 300)]
    crawl = crawl_tables.write(place.crawl, pages, [image(1)])
    build(DatasetOptions(tokenizer="characters"), [crawl], place.dataset, name=place.name)
    with TestClient(create(place.data, place.name)) as client:
        links = {
            html.unescape(link)
            for path in ("data", "statistics")
            for link in re.findall(r'href="([^"]*/data\?[^"]*)"', client.get(f"/pipelines/odd/{path}").text)
        }
        for name in ("stars=1000000000", "label=", "category="):
            assert any(name in link for link in links)
        for link in links:
            assert client.get(link).status_code == 200, link


def test_bins_tell_nothing_of_captions_that_are_hidden(looked: Place) -> None:
    """The longest caption has 13 characters, and with 13 / 8 the highest score; the next has 10."""
    told = {}
    for words in ((), ("HYPERLINK",)):
        catalogue = Catalogue.load(looked.dataset, hide=HideOptions(words=words))
        made = dict(columns(catalogue))
        told[words] = [[dict(one.query) for one in made[name].bins] for name in ("length", "score.kanji")]
    lengths, scores = told[()]
    assert lengths[-1]["length_max"] == 13
    assert scores[-1]["score_max"] == "1.625"
    lengths, scores = told["HYPERLINK",]
    assert lengths[-1]["length_max"] == 10
    assert scores[-1]["score_max"] == "1.125"
