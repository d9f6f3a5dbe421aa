"""Why a caption or photo is in a dataset, or which filter left it out: every kind of reason once."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.near.drawn import COPIES, card, saved
from benchmarks.near.drawn import photo as drawn
from commands.main import main
from dataset.build.stage import build
from dataset.describe.why import Answer, by_phash, lines, why
from dataset.options import DatasetOptions
from store.errors import MissingStage
from store.stand_ins import StandInRule
from tests.crawl_tables import boke, image, page, photo, write

OPTIONS = DatasetOptions(
    min_stars=2, max_characters=10, max_captions_per_photo=2, exclude_categories=("身内",)
)
RULE = StandInRule()
REMOVED = range(30, 38)


def crawl(directory: Path) -> Path:
    pages = [
        page(1, [
            boke(11, 1, "犬が走る", stars=9), boke(12, 1, "ＮＨＫだ", stars=8),
            boke(13, 1, "犬が走る", stars=3), boke(14, 1, "三番目", stars=3),
            boke(15, 1, "無名", stars=1), boke(16, 1, "内輪", category="身内"),
            boke(17, 1, "長" * 11), boke(18, 1, "壊\ufffd"), boke(19, 1, "４２"),
        ]),
        page(2, [boke(21, 2, "写真なし")]),
        *(page(number, [boke(number * 10, number, f"消えた{number}")]) for number in REMOVED),
        page(3, [boke(51, 3, "許された", stars=9), boke(52, 3, "星なし", stars=1)], licence="CC-BY-4.0"),
    ]  # fmt: skip
    pictures = [
        image(1),
        {**image(3), "licence": "CC0-1.0"},
        *(image(number, photo(99)) for number in REMOVED),
    ]
    return write(directory, pages, pictures)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("why") / "p"
    build(OPTIONS, [crawl(place / "crawl")], place / "dataset", name="p", stand_in_rule=RULE)
    return place


def asked(place: Path, query: str) -> list[Answer]:
    return why(query, place / "dataset")


@pytest.mark.parametrize(
    ("query", "reason", "meaning"),
    [
        ("13", "duplicate", "the same text"),
        ("14", "max_captions_per_photo", "is 2"),
        ("15", "min_stars", "is 2"),
        ("16", "exclude_categories", "身内"),
        ("17", "max_characters", "is 10"),
        ("18", "broken_characters", "U+FFFD"),
        ("21", "no_photo", "not there"),
        ("300", "stand_in", "stands for photos"),
    ],
)
def test_the_filter_that_left_a_caption_out_is_named(
    built: Path, query: str, reason: str, meaning: str
) -> None:
    [answer] = asked(built, query)
    assert (answer.reason, answer.split) == (reason, None)
    assert meaning in str(answer.meaning)
    assert f"left out by {reason} (" in str(answer)


def test_what_is_kept_is_kept_in_its_split_on_its_photo(built: Path) -> None:
    [answer] = asked(built, "11")
    assert answer.split in ("train", "dev")
    assert answer.sha256 == image(1)["sha256"]
    assert str(answer) == f"boke 11 of odai 1 「犬が走る」: kept, in {answer.split}, on photo {answer.sha256}"


@pytest.mark.parametrize(
    ("query", "number"), [("https://bokete.jp/odai/2", 1), ("/odai/1", 9), ("/boke/14", 1)]
)
def test_an_address_names_its_boke_or_all_of_its_odai(built: Path, query: str, number: int) -> None:
    assert len(asked(built, query)) == number


def test_page_licence_and_near_copies_are_told(built: Path) -> None:
    [kept], [unplaced] = asked(built, "11"), asked(built, "21")
    assert kept.details() == "  on http://bokete.test/boke/11, licence unknown"
    assert unplaced.sha256 is None
    assert unplaced.page == "http://bokete.test/boke/21"


def test_a_caption_s_own_licence_is_told_whether_it_was_kept_or_left_out(built: Path) -> None:
    [kept], [left_out] = asked(built, "51"), asked(built, "52")
    assert (kept.reason, kept.licence) == (None, "CC-BY-4.0")
    assert (left_out.reason, left_out.licence) == ("min_stars", "CC-BY-4.0")


def test_what_has_no_numbers_is_said_to_have_none() -> None:
    answer = Answer(None, None, "犬", None, "can:1", None, "no_photo", "not there")
    assert (
        str(answer)
        == "a boke without a number of an odai without one 「犬」: left out by no_photo (not there)"
    )


def test_the_near_copies_of_a_photo_are_named_with_their_splits(tmp_path: Path) -> None:
    contents = {1: photo(1), 2: photo(1) + b"\0", 3: photo(1) + b"\0\0", 4: photo(4)}
    pages = [page(n, [boke(n, n, f"{n}番", stars=0 if n == 3 else 9)]) for n in contents]
    place = tmp_path / "p"
    write(place / "crawl", pages, [image(n, content) for n, content in contents.items()])
    build(OPTIONS, [place / "crawl"], place / "dataset", name="p")
    [answer], [alone] = asked(place, "1"), asked(place, "4")
    split = answer.split
    assert answer.near == {image(2, contents[2])["sha256"]: split, image(3, contents[3])["sha256"]: None}
    assert "(not in the dataset)" in answer.details()
    assert not alone.near


def test_copies_that_no_phash_tells_are_near_and_cards_with_words_are_not(tmp_path: Path) -> None:
    contents = {
        1: saved(drawn(1)),
        2: COPIES["mirrored"](drawn(1), Random(1)),
        3: saved(card(1)),
        4: saved(card(2)),
    }
    pages = [page(n, [boke(n, n, f"{n}番")]) for n in contents]
    place = tmp_path / "p"
    write(place / "crawl", pages, [image(n, content) for n, content in contents.items()])
    build(OPTIONS, [place / "crawl"], place / "dataset", name="p")
    [answer], [on_card] = asked(place, "1"), asked(place, "3")
    assert list(answer.near) == [image(2, contents[2])["sha256"]]
    assert not on_card.near
    assert list(by_phash([answer, on_card], place / "dataset")) == []


def test_where_no_build_has_kept_what_photos_look_like_phashes_tell_and_that_is_said(tmp_path: Path) -> None:
    contents = {1: photo(1), 2: photo(1) + b"\0", 3: photo(3)}
    place = tmp_path / "p"
    pages = [page(n, [boke(n, n, f"{n}番")]) for n in contents]
    write(place / "crawl", pages, [image(n, content) for n, content in contents.items()])
    build(OPTIONS, [place / "crawl"], place / "dataset", name="p")
    shutil.rmtree(place / "photos")
    [answer] = asked(place, "1")
    assert list(answer.near) == [image(2, contents[2])["sha256"]]
    assert "near copies of its photo, by pHash alone: " in answer.details()
    [told] = by_phash([answer, *asked(place, "3")], place / "dataset")
    assert "2 of these photos" in told
    assert "bokeru dataset" in told


def test_what_was_opted_out_is_told_without_its_text(tmp_path: Path) -> None:
    place, outs = tmp_path / "p", tmp_path / "outs.txt"
    outs.write_text("boke 11\n")
    crawl(place / "crawl")
    build(OPTIONS.model_copy(update={"opt_outs": str(outs)}), [place / "crawl"], place / "dataset", name="p")
    [answer] = asked(place, "11")
    assert (answer.reason, answer.text) == ("opt_outs", None)
    assert [each.boke_id for each in asked(place, "犬が走る")] == [13]


def test_a_text_is_found_whatever_its_width_and_case(built: Path) -> None:
    for query in ("NHKだ", "nhk", "ＮＨＫ"):
        assert [answer.boke_id for answer in asked(built, query)] == [12]
    assert [answer.boke_id for answer in asked(built, "犬")] == [11, 13]
    assert asked(built, "そんなものはない") == []
    assert asked(built, "99999999999999999999") == []


def test_a_photo_is_explained_with_all_its_captions(built: Path) -> None:
    removed: Any = image(30, photo(99))["sha256"]
    answers = asked(built, removed.upper())
    assert [(answer.odai_id, answer.reason) for answer in answers] == [(n, "stand_in") for n in REMOVED]
    shown = list(lines(answers, 3))
    assert len(shown) == 7
    assert shown[-1] == "and 5 more: --json lists all"


def test_without_a_dataset_the_command_that_makes_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru dataset"):
        why("1", tmp_path / "p" / "dataset")


def test_a_caption_that_is_a_number_is_found_by_it(built: Path) -> None:
    assert [answer.boke_id for answer in asked(built, "42")] == [19]
    assert [answer.boke_id for answer in asked(built, "11")] == [11]
    assert asked(built, "9" * 30) == []


@pytest.mark.parametrize("query", ["", "  "])
def test_an_empty_text_is_refused_since_it_is_in_every_caption(
    query: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", query, "--pipeline", "demo", "--data", str(tmp_path)]) == 2
    assert "every caption" in capsys.readouterr().err
