"""The catalogue's filters: names and texts are found however they are typed."""

import unicodedata

import pytest

from dataset.build.stage import build
from dataset.options import DatasetOptions
from tests.crawl_tables import boke, image, page, write
from web.content.catalogue import Catalogue, Filter

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


def found(catalogue: Catalogue, wanted: Filter) -> list[int]:
    """Return the numbers of the odai whose photos pass."""
    return sorted(catalogue.photo(int(photo))["odai_ids"][0] for photo in catalogue.find(wanted))


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
    assert len(catalogue.find(wanted)) == count


def test_a_caption_shows_what_its_user_wrote(catalogue: Catalogue) -> None:
    [photo] = catalogue.find(Filter(text="1番"))
    [caption] = catalogue.captions_of(int(photo))
    assert caption["text"] == "①番"
    assert "text_nfkc" not in caption
