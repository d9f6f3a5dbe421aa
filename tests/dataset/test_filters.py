"""Filters: each keeps and leaves out what its setting says."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dataset import read
from dataset.build.stage import build
from dataset.filters import by_fact, by_text, forbidden_words, opt_outs
from dataset.options import DatasetOptions
from store.errors import UserError
from tests import crawl_tables
from tests.crawl_tables import NOW, boke, image, image_url, page, write

BOKES = [
    boke(1, 1, "犬だ", stars=0, raters=0, category="バカ"),
    boke(2, 1, "もっと長い犬だ", stars=50, raters=9, category="シュール"),
    boke(3, 1, "ＤＯＧが走る", stars=None, raters=None, category=None),
]


def left(tmp_path: Path, bokes: list[dict[str, Any]] | None = None, /, **settings: Any) -> list[int]:
    """Return the numbers of the boke of odai 1 that stay under `settings`."""
    return crawled(tmp_path, [page(1, BOKES if bokes is None else bokes)], **settings)


def crawled(tmp_path: Path, pages: list[dict[str, Any]], /, **settings: Any) -> list[int]:
    """Return the numbers of the boke that stay; odai 2 keeps the dataset from being empty."""
    keeper = boke(99, 2, "残るだけの犬です", stars=10**6, raters=10**6, category="シュール")
    keep = page(2, [keeper], labels=["犬"], label_confidences=[0.99])
    crawl = write(tmp_path / "p" / "crawl", [*pages, keep], [image(1), image(2)])
    build(DatasetOptions(**settings), [crawl], tmp_path / "p" / "dataset", name="p")
    numbers = set(read.captions(tmp_path / "p" / "dataset")["boke_id"].to_pylist())
    left_out = sum(read.statistics(tmp_path / "p" / "dataset")["filters"].values())
    assert left_out + len(numbers) == sum(len(row["bokes"]) for row in pages) + 1  # each is counted once
    return sorted(numbers - {99})


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({}, [1, 2, 3]),
        ({"min_stars": 1}, [2]),
        ({"min_raters": 1}, [2]),
        ({"min_characters": 4}, [2, 3]),
        ({"max_characters": 8, "min_characters": 7}, [2]),
        ({"max_captions_per_photo": 1}, [2]),
        ({"max_captions_per_photo": 2}, [1, 2]),
        ({"categories": ("バカ", "シュール")}, [1, 2]),
        ({"exclude_categories": ("バカ",)}, [2, 3]),
        ({"photo_categories": ("動物",)}, [1, 2, 3]),
        ({"exclude_photo_categories": ("植物",)}, [1, 2, 3]),
        ({"labels": ("犬", "猫")}, [1, 2, 3]),
        ({"exclude_labels": ("人",)}, [1, 2, 3]),
    ],
    ids=str,
)
def test_a_filter_keeps(tmp_path: Path, settings: dict[str, Any], kept: list[int]) -> None:
    assert left(tmp_path, **settings) == kept


def test_photos_with_too_few_captions_are_left_out(tmp_path: Path) -> None:
    bokes = [boke(number, 2, f"二枚目{number}") for number in range(4, 8)]
    pages = [page(1, BOKES), page(3, bokes, image_url=crawl_tables.image_url(2))]
    assert crawled(tmp_path, pages, min_captions_per_photo=4) == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("labels", "confidences", "kept"),
    [
        (["人"], [0.9], True),
        (["人"], [0.3], False),
        (["人"], None, True),
        (["猫", "人"], [0.9, 0.2], False),
        (None, None, False),
    ],
)
def test_only_photos_with_a_sure_label(
    tmp_path: Path, labels: list[str] | None, confidences: list[float] | None, kept: bool
) -> None:
    row = page(1, BOKES, labels=labels, label_confidences=confidences)
    assert bool(crawled(tmp_path, [row], labels=("人", "犬"), min_confidence=0.5)) == kept


@pytest.mark.parametrize(
    ("columns", "kept"),
    [({"kind": "fill-in"}, False), ({"kind": "photo"}, True), ({"category": "虫食い"}, False), ({}, True)],
    ids=str,
)
def test_odai_with_a_gap_are_left_out(tmp_path: Path, columns: dict[str, str], kept: bool) -> None:
    assert bool(crawled(tmp_path, [page(1, BOKES, **columns)])) == kept


def test_forbidden_words_in_any_width_and_case(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\ufeffＤｏｇ\n\n長い\na.*b\n")
    assert left(tmp_path, forbidden_words=str(words)) == [1]


@pytest.mark.parametrize(
    ("across", "kept"),
    [((), [1, 2, 3, 4, 5]), (("kana",), [2, 3, 4, 5]), (("blanks",), [1, 4, 5]), (("kana", "blanks"), [5])],
    ids=str,
)
def test_forbidden_words_across_kana_and_blanks(
    tmp_path: Path, across: tuple[str, ...], kept: list[int]
) -> None:
    words = tmp_path / "words.txt"
    words.write_text("バカヤロウ\n \n")
    texts = ("ばかやろう", "ﾊﾞｶ ヤロ\nウだ", "バカ\u200cヤロウ", "ば か や ろ う", "バカ")
    bokes = [boke(number, 1, text) for number, text in enumerate(texts, 1)]
    assert left(tmp_path, bokes, forbidden_words=str(words), forbidden_words_across=across) == kept


def test_captions_of_which_nothing_is_seen_are_empty(tmp_path: Path) -> None:
    unseen = ["\u3164", "\u2800", "\u200c", "\ufe0f", "\U000e0041", "\u3000\u200b"]
    bokes = [boke(number, 1, text) for number, text in enumerate([*unseen, "゛"], 1)]
    assert left(tmp_path, bokes) == [len(bokes)]
    assert read.statistics(tmp_path / "p" / "dataset")["filters"]["empty"] == len(unseen)


def test_many_forbidden_words(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\n".join(f"語{number}(" for number in range(3_000)) + "\n長い")
    assert left(tmp_path, forbidden_words=str(words)) == [1, 3]


@pytest.mark.parametrize("content", [None, "犬".encode("cp932")], ids=["missing", "cp932"])
def test_a_word_file_that_cannot_be_read_says_so(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "words.txt").write_bytes(content)
    with pytest.raises(UserError, match=r"dataset\.forbidden_words, cannot be read"):
        forbidden_words(str(tmp_path / "words.txt"))


@pytest.mark.parametrize(
    ("line", "kept"), [("odai 1", []), ("boke 2", [1, 3]), ("url http://bokete.test/boke/1 # asked", [2, 3])]
)
def test_opt_outs_from_a_file(tmp_path: Path, line: str, kept: list[int]) -> None:
    path = tmp_path / "out.txt"
    path.write_text(f"# who asked\n{line}\n")
    assert left(tmp_path, opt_outs=str(path)) == kept


def test_an_opt_out_of_a_photo(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text(f"photo {image(1)['sha256']}\n")
    assert left(tmp_path, opt_outs=str(path)) == []


@pytest.mark.parametrize("line", ["odai", "odai x", "photos 1", "boke -1"])
def test_a_line_that_is_no_opt_out_stops_the_build(tmp_path: Path, line: str) -> None:
    path = tmp_path / "out.txt"
    path.write_text(line)
    with pytest.raises(UserError, match="line 1"):
        opt_outs(str(path))


def test_a_page_that_is_denied_by_now_is_an_opt_out(tmp_path: Path) -> None:
    row = {**page(1, []), "outcome": "denied", "odai_id": None, "fetched_at": NOW + timedelta(days=1)}
    assert crawled(tmp_path, [page(1, BOKES), row]) == []


def test_a_photo_whose_odai_opted_out_is_left_out_wherever_it_is_shown(tmp_path: Path) -> None:
    """Odai 1 opted out before it was read; a list shows its photo, and odai 3 shows the same one."""
    denied = {**page(1, []), "outcome": "denied", "odai_id": None, "image_url": None}
    listed = {
        **page(7, [boke(1, 1, "犬だ")]),
        "url": "http://bokete.test/boke/hot",
        "odai_id": None,
        "image_url": None,
    }
    again = page(3, [boke(5, 3, "その犬も犬だ", image_url=image_url(1))], image_url=image_url(1))
    assert crawled(tmp_path, [denied, listed, again]) == []
    filters = read.statistics(tmp_path / "p" / "dataset")["filters"]
    assert {name: count for name, count in filters.items() if count} == {"opt_outs": 2}


def test_an_odai_that_opts_out_later_takes_its_photo_with_it(tmp_path: Path) -> None:
    """Nothing but an older version of the page says which photo it was."""
    denied = {**page(1, []), "outcome": "denied", "odai_id": None, "fetched_at": NOW + timedelta(days=1)}
    again = page(3, [boke(5, 3, "その犬も犬だ", image_url=image_url(1))], image_url=image_url(1))
    assert crawled(tmp_path, [page(1, []), denied, again]) == []


def test_a_photo_that_is_denied_by_now_is_an_opt_out(tmp_path: Path) -> None:
    denied = image(1, outcome="denied", bytes=None, fetched_at=NOW + timedelta(days=1))
    write(tmp_path / "p" / "crawl", [], [denied])
    assert left(tmp_path) == []
    assert read.statistics(tmp_path / "p" / "dataset")["filters"]["opt_outs"] == 3


def test_a_setting_cannot_smuggle_sql(tmp_path: Path) -> None:
    assert left(tmp_path, exclude_categories=("x'] OR true --",)) == [1, 2, 3]


def test_filters_are_named_as_their_settings_are() -> None:
    names = [*by_fact(DatasetOptions()), *by_text(DatasetOptions(), ())]
    others = {"no_photo", "unusable_photo", "stand_in", "forgotten", "near_both_splits", "empty"}
    others |= {"broken_characters"}
    assert set(names) - others <= set(DatasetOptions.model_fields)
