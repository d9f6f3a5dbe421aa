"""Whether something is in a pipeline: by number, by address, by the same file, by a copy of a photo."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.near.drawn import COPIES, saved
from benchmarks.near.drawn import photo as drawn
from commands.main import main
from dataset.build.stage import build
from dataset.held.answer import Contains
from dataset.held.contains import contains
from dataset.options import DatasetOptions
from store.errors import MissingStage, UsageError, UserError
from store.place import Place
from tests.crawl_tables import boke, image, page, write

PHOTOS = 12
FETCHED = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)


def address(number: int) -> str:
    return f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{number:032x}_600.jpg"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Photos 1 to 11 with two captions each, of which one is left out of the first; 12 has none."""
    found = Place(tmp_path_factory.mktemp("contains"), "p")
    pages = [
        page(
            number,
            [
                boke(10 * number + nth, number, text, stars=stars, image_url=address(number))
                for nth, (text, stars) in enumerate([(f"犬が{number}回", 9), (f"猫が{number}", number - 1)])
            ],
            image_url=address(number),
            licence="CC0-1.0" if number == 2 else None,
        )
        for number in range(1, PHOTOS)
    ]
    images = [
        {**image(number, saved(drawn(number))), "url": address(number), "fetched_at": FETCHED}
        for number in range(1, PHOTOS + 1)
    ]
    write(found.crawl, pages, images)
    build(DatasetOptions(min_stars=1), [found.crawl], found.dataset, name="p")
    return found


def sha256(number: int) -> str:
    return hashlib.sha256(saved(drawn(number))).hexdigest()


@pytest.mark.parametrize(
    "asked",
    [
        "20",
        "https://bokete.jp/boke/20",
        "http://sp.bokete.jp/boke/20?x=1",
        "bokete.jp/boke/20",
        "HTTPS://BOKETE.JP/boke/20",
        "http://127.0.0.1:8080/boke/020/#top",
    ],
)
def test_a_boke_is_found_by_its_number_and_address(place: Place, asked: str) -> None:
    [match] = contains(asked, place).matches
    assert (match.how, match.sha256, match.captions) == ("number", sha256(2), 1)
    assert match.split in ("train", "dev")
    assert (match.address, match.since, match.licence) == (address(2), FETCHED, "CC0-1.0")
    assert match.forget == f"bokeru forget --pipeline p --data {place.data} --boke 20"


def test_a_boke_that_was_left_out_is_still_held(place: Place) -> None:
    [match] = contains("11", place).matches
    assert (match.split, match.captions, match.sha256) == (None, 0, sha256(1))
    assert match.pages == ["http://bokete.test/boke/11"]


def test_whether_a_caption_that_was_left_out_is_hidden_goes_by_its_text_and_category(place: Place) -> None:
    asked_of: list[tuple[str, str | None]] = []

    def hides(text: str, category: str | None) -> bool:
        asked_of.append((text, category))
        return text == "猫が1"

    [match] = contains("11", place, hides=hides).matches
    assert match.pages == []
    assert asked_of == [("猫が1", "シュール")]


def test_an_odai_is_found_with_all_its_captions(place: Place) -> None:
    [match] = contains("https://bokete.jp/odai/3", place).matches
    assert (match.sha256, match.captions) == (sha256(3), 2)
    assert match.forget.endswith("--odai 3")


@pytest.mark.parametrize("width", [600, 240])
def test_a_photo_is_found_by_the_address_of_any_of_its_copies(place: Place, width: int) -> None:
    asked = address(4).replace("600", str(width)).replace("https:", "http:")
    [match] = contains(asked, place).matches
    assert (match.how, match.sha256, match.captions) == ("address", sha256(4), 2)
    assert match.forget.endswith(f"--sha256 {sha256(4)}")


@pytest.mark.parametrize("number", [5, PHOTOS])
def test_a_photo_is_found_by_its_sha256(place: Place, number: int) -> None:
    [match] = contains(sha256(number).upper(), place).matches
    assert (match.how, match.sha256, match.address) == ("same", sha256(number), address(number))
    assert contains("0" * 64, place).matches == []


def test_the_same_file_is_found_with_and_without_captions(place: Place) -> None:
    for number, captions in ((5, 2), (PHOTOS, 0)):
        [match] = contains("mine.jpg", place, content=saved(drawn(number))).matches
        assert (match.how, match.sha256, match.captions) == ("same", sha256(number), captions)
        assert match.since == FETCHED


@pytest.mark.parametrize("kind", COPIES)
def test_every_kind_of_copy_is_found(place: Place, kind: str) -> None:
    for number in range(1, 5):
        found = contains("mine.jpg", place, content=COPIES[kind](drawn(number), Random(number)))
        assert [(match.how, match.sha256) for match in found.matches] == [("near", sha256(number))]


def test_strangers_are_not_found(place: Place) -> None:
    for number in range(100, 120):
        found = contains("mine.jpg", place, content=saved(drawn(number)))
        assert found == Contains("mine.jpg", [], PHOTOS, None)
        assert list(found.lines()) == ["mine.jpg is not in it, of 12 photos"]
    assert contains("987654", place).matches == []
    assert contains("https://example.org/a.jpg", place).matches == []


def test_what_cannot_be_looked_for_is_told(place: Place, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a number, an address, a sha256 nor a file"):
        contains("nowhere.jpg", place)
    with pytest.raises(UserError, match="cannot be looked for"):
        contains("a.txt", place, content=b"not a photo")
    with pytest.raises(MissingStage):
        contains("1", Place(tmp_path, "p"))


def test_the_command_says_who_to_write_to_and_how_it_goes(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "mine.jpg"
    copy.write_bytes(saved(drawn(6)))
    config = tmp_path / "pipelines.yaml"
    config.write_text("pipelines: {p: {crawl: {site: 'https://bokete.jp', contact: you@example.org}}}\n")
    options = ["--pipeline", "p", "--data", str(place.data), "--config", str(config)]
    assert main(["contains", *options, str(copy)]) == 0
    text = capsys.readouterr().out
    assert f"photo {sha256(6)} is the same file: in " in text
    assert "since 2024-05-06" in text
    assert "to have it taken out, write to you@example.org" in text
    assert main(["contains", *options, "--json", "60"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert main(["contains", *options, "--vectors", "60"]) == 2
    assert "--vectors compares photos, and '60' is no file" in capsys.readouterr().err
    assert answer["matches"][0]["sha256"] == sha256(6)
    before = {path: path.stat().st_mtime_ns for path in place.data.rglob("*") if path.is_file()}
    assert main(["contains", *options, str(copy)]) == 0
    assert before == {path: path.stat().st_mtime_ns for path in place.data.rglob("*") if path.is_file()}
