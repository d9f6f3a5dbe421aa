"""One spelling for categories and labels, whoever wrote them, on pages and in settings."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from dataset.text.names import name_form
from tests.crawl_tables import boke, image, page, write

# dataverse#4235, VLO#378: what people type for one and the same.
SPELLINGS = (
    *("バカ", "ﾊﾞｶ", unicodedata.normalize("NFD", "バカ"), " バカ", "バカ\u3000"),
    *("ハ゛カ", "バ\u200cカ\ufe0f", "バカ\t"),
)


@pytest.mark.parametrize("written", SPELLINGS, ids=ascii)
def test_one_form(written: str) -> None:
    assert name_form(written) == "バカ"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("❤\ufe0f", "❤\ufe0f"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("葛\U000e0100", "葛"),
        ("お\n下 劣", "お 下 劣"),
        ("\u3164 \u3000", ""),
        ("バカ", "バカ"),
        ("ばか", "ばか"),
    ],
    ids=ascii,
)
def test_other_forms(written: str, form: str) -> None:
    assert name_form(written) == form


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    """Each boke has a spelling as its category, each odai as its category and its label; one has another."""
    pages = []
    for n, one in enumerate(SPELLINGS, 1):
        names = {"category": one, "labels": [one, "犬"], "label_confidences": [0.5, 0.9]}
        pages.append(page(n, [boke(n, n, f"{n}番目", category=one)], **names))
    names = {"category": "シュール", "labels": ["ｲﾇ", "イヌ", "\u3164"], "label_confidences": [0.2, 0.7, 0.9]}
    pages.append(page(50, [boke(50, 50, "残る", category="\u3000")], **names))
    images = [image(n) for n in (*range(1, len(SPELLINGS) + 1), 50)]
    return write(tmp_path / "p" / "crawl", pages, images)


def built(crawl: Path, **settings: Any) -> Path:
    directory = crawl.with_name("dataset")
    build(DatasetOptions(near_duplicate_bits=0, **settings), [crawl], directory, name="p")
    return directory


def test_a_dataset_has_one_spelling(crawl: Path) -> None:
    dataset = built(crawl)
    assert set(read.captions(dataset)["category"].to_pylist()) == {"バカ", None}
    rows = read.photos(dataset).to_pylist()
    assert {row["category"] for row in rows} == {"バカ", "シュール"}
    columns = [(row["labels"], [round(one, 2) for one in row["label_confidences"]]) for row in rows]
    labels = {tuple(zip(*pair, strict=True)) for pair in columns}
    assert labels == {(("犬", 0.9), ("バカ", 0.5)), (("イヌ", 0.7),)}
    assert read.statistics(dataset)["categories"]["distinct"] == 1


@pytest.mark.parametrize("setting", ["exclude_categories", "exclude_photo_categories", "exclude_labels"])
def test_an_exclusion_takes_every_spelling(crawl: Path, setting: str) -> None:
    assert read.captions(built(crawl, **{setting: ("ﾊﾞｶ\u3000",)}))["boke_id"].to_pylist() == [50]


def test_a_choice_keeps_every_spelling(crawl: Path) -> None:
    settings = dict.fromkeys(("categories", "photo_categories", "labels"), ("ﾊﾞｶ",))
    kept = read.captions(built(crawl, **settings))["boke_id"].to_pylist()
    assert sorted(kept) == list(range(1, len(SPELLINGS) + 1))


def test_a_name_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing of it is seen"):
        DatasetOptions(exclude_labels=("\u3000",))


def test_spellings_of_a_setting_are_one_setting() -> None:
    assert DatasetOptions(categories=("ﾊﾞｶ",)) == DatasetOptions(categories=("バカ ",))
