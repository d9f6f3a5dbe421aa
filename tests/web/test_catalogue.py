"""The catalogue's filters: names and texts are found however they are typed."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.schema import SCORES
from store.shards import ShardWriter
from tests.crawl_tables import boke, image, page, write
from web.app import create
from web.content.browse.filter import Filter, select
from web.content.catalogue import Catalogue

TEXTS = ("ＮＨＫを見る", "ﾊﾞｶだ", unicodedata.normalize("NFD", "がっこう"), "①番", "あ゛ーー", "（´・ω・｀）")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    place = tmp_path_factory.mktemp("data") / "p"
    pages = [
        page(n, [boke(n, n, text, category="ｼｭｰﾙ")], category="動物 ", labels=["ｲﾇ"] if n == 1 else ["ネコ"])
        for n, text in enumerate(TEXTS, 1)
    ]
    crawl = write(place / "crawl", pages, [image(n) for n in range(1, len(TEXTS) + 1)])
    build(DatasetOptions(near_duplicate_bits=0), [crawl], place / "dataset", name="p")
    return Catalogue.load(place / "dataset")


def numbers(catalogue: Catalogue, wanted: Filter) -> list[int]:
    """Return the numbers of the photos that pass."""
    return [int(number) for number in np.flatnonzero(select(catalogue, wanted).photos)]


def found(catalogue: Catalogue, wanted: Filter) -> list[int]:
    """Return the numbers of the odai whose photos pass."""
    return sorted(catalogue.photo(int(photo))["odai_ids"][0] for photo in numbers(catalogue, wanted))


# open-webui#29210, and the marks of issue 27.
@pytest.mark.parametrize(
    ("text", "odai"),
    [
        *(("NHK", 1), ("ＮＨＫ", 1), ("nhk", 1), ("バカ", 2), ("ﾊﾞｶ", 2), ("ハ゛カ", 2), ("がっこう", 3)),
        *((unicodedata.normalize("NFD", "がっこう"), 3), ("1番", 4), ("①番", 4), ("１番　", 4)),
        *(("あ゛", 5), ("´・ω", 6), ("(´・ω・`)", 6), ("（´・ω・｀）", 6)),
    ],
    ids=ascii,
)
def test_a_text_is_found_however_it_is_typed(catalogue: Catalogue, text: str, odai: int) -> None:
    assert found(catalogue, Filter(text=text)) == [odai]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(category="ｼｭｰﾙ"), 6),
        (Filter(category="シュール　"), 6),
        (Filter(category="動物"), 6),
        (Filter(label="イヌ"), 1),
        (Filter(label="ﾈｺ"), 5),
        (Filter(text="\u3000"), 6),
        (Filter(label="ウマ"), 0),
    ],
    ids=str,
)
def test_names_are_found_however_they_are_typed(catalogue: Catalogue, wanted: Filter, count: int) -> None:
    assert len(numbers(catalogue, wanted)) == count


def test_a_caption_shows_what_its_user_wrote(catalogue: Catalogue) -> None:
    [photo] = numbers(catalogue, Filter(text="1番"))
    [caption] = catalogue.captions_of(int(photo))
    assert caption["text"] == "①番"
    assert "text_nfkc" not in caption


@pytest.fixture(scope="module")
def scored_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos, of which two have a light, each with two captions of which one has kanji."""
    place = tmp_path_factory.mktemp("scored") / "p"
    pages = [
        page(n, [boke(10 * n, n, "犬", stars=n), boke(10 * n + 1, n, "だよね", stars=0)]) for n in (1, 2, 3)
    ]
    images = [image(n) for n in (1, 2, 3)]
    crawl = write(place / "crawl", pages, images)
    light = [(row["sha256"], None, {"light": 0.1 * n}) for n, row in enumerate(images[:2], 1)]
    kanji = [(row["sha256"], "犬", {"kanji": n / 4}) for n, row in enumerate(images, 1)]
    for sha256, text, scores in (*light, *kanji):
        with ShardWriter(place / "scores" / next(iter(scores)), "scores", SCORES) as writer:
            writer.append({"sha256": sha256, "text": text, "outcome": "ok", "scores": scores})
    build(DatasetOptions(tokenizer="characters"), [crawl], place / "dataset", name="p")
    return place


@pytest.fixture(scope="module")
def scored(scored_place: Path) -> Catalogue:
    return Catalogue.load(scored_place / "dataset")


@pytest.mark.parametrize(
    ("wanted", "odai"),
    [
        (Filter(score="light"), [1, 2]),
        (Filter(score="light", score_min=0.1, score_max=0.1), [1]),  # as written, though 4 bytes hold no 0.1
        (Filter(score="kanji", score_min=0.5), [2, 3]),
        (Filter(score="kanji", score_max=0.5, stars=2), [2]),
        (Filter(score="kanji", text="だよね"), []),  # one caption has the score, another the text
        (Filter(score="kanjis"), []),
        (Filter(score_min=9), [1, 2, 3]),
    ],
    ids=str,
)
def test_photos_are_found_by_their_score_or_by_a_captions(
    scored: Catalogue, wanted: Filter, odai: list[int]
) -> None:
    assert found(scored, wanted) == odai


def test_photo_and_caption_show_their_scores(scored: Catalogue) -> None:
    [photo] = numbers(scored, Filter(score="kanji", score_min=0.7))
    assert scored.photo(int(photo))["scores"] == {}
    captions = scored.captions_of(int(photo))
    assert {one["text"]: one["scores"] for one in captions} == {"犬": {"kanji": 0.75}, "だよね": {}}
    assert {name: score.of for name, score in scored.scores.items()} == {
        "kanji": "captions",
        "light": "photos",
    }


@pytest.mark.parametrize(("language", "title"), [("en", "Score kanji"), ("ja", "スコア kanji")])
def test_statistics_draw_each_score(scored_place: Path, language: str, title: str) -> None:
    with TestClient(create(scored_place.parent, "p")) as client:
        page = client.get(f"/pipelines/p/statistics?lang={language}")
    assert page.status_code == 200, page.text
    assert f'aria-label="{title}"' in page.text
    # Three captions, 0.25, 0.5 and 0.75, each told as text: the last bin ends with the greatest.
    told = page.text.partition(f'aria-label="{title}"')[2].partition("<desc>")[2].partition("</desc>")[0]
    bars = told.split("; ")
    assert len(bars) == 20
    filled = [bar.partition(":")[0] for bar in bars if ": 1 " in bar]
    assert filled == ["0.25–0.275", "0.5–0.525", "0.725–0.75"]


def test_a_form_and_a_program_ask_for_them(scored_place: Path) -> None:
    with TestClient(create(scored_place.parent, "p")) as client:
        asked = {"score": "kanji", "score_min": "0.5", "score_max": ""}
        page = client.get("/pipelines/p/data", params=asked)
        assert page.status_code == 200, page.text
        assert page.text.count('<option value="kanji" selected>') == 1
        assert 'name="score_min" value="0.5"' in page.text
        assert 'name="score_max" value=""' in page.text
        assert page.text.count('class="tile"') == 2
        found = client.get("/api/pipelines/p/photos", params={**asked, "score_max": "0.6"}).json()["photos"]
        assert [one["best"][0]["scores"] for one in found] == [{"kanji": 0.5}]
        assert "kanji 0.5" in client.get(f"/pipelines/p/photos/{found[0]['sha256']}").text
        assert client.get("/pipelines/p/data", params={"score": "kanji", "score_min": "x"}).status_code == 422
