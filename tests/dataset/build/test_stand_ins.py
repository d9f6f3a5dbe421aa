"""A picture that stands for photos of a crawl is in no dataset built from it."""

from pathlib import Path
from typing import Any

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.stand_ins import StandInRule
from tests.crawl_tables import boke, image, page, photo, write

REMOVED = photo(99)


def crawl(directory: Path, count: int, first: int = 1, removed: int = 99) -> Path:
    """Write a crawl of `count` odai under one picture, and three with photos of their own."""
    numbers = range(first, first + count + 3)
    pages = [page(number, [boke(number * 10, number, f"ボケ{number}")]) for number in numbers]
    pictures = [
        image(number, photo(removed) if place < count else photo(number))
        for place, number in enumerate(numbers)
    ]
    return write(directory, pages, pictures)


def built(directory: Path, crawls: list[Path], **rule: Any) -> tuple[set[int], int]:
    """Return the odai in the dataset, and how many captions were left out as on a stand-in."""
    build(DatasetOptions(), crawls, directory, name="p", stand_in_rule=StandInRule(**rule))
    odai = set(read.captions(directory)["odai_id"].to_pylist())
    return odai, read.statistics(directory)["filters"]["stand_in"]


def test_it_is_left_out_and_counted_under_its_reason(tmp_path: Path) -> None:
    assert built(tmp_path / "p" / "dataset", [crawl(tmp_path / "p" / "crawl", 8)]) == ({9, 10, 11}, 8)


def test_seven_odai_may_have_one_photo(tmp_path: Path) -> None:
    found = built(tmp_path / "p" / "dataset", [crawl(tmp_path / "p" / "crawl", 7)])
    assert found == (set(range(1, 11)), 0)


def test_other_crawls_do_not_count_but_their_stand_ins_hold(tmp_path: Path) -> None:
    few = [crawl(tmp_path / "p" / "crawl", 5), crawl(tmp_path / "q" / "crawl", 5, first=20)]
    assert built(tmp_path / "p" / "dataset", few)[1] == 0
    many = crawl(tmp_path / "r" / "crawl", 8, first=40)
    odai, left_out = built(tmp_path / "p" / "dataset", [*few, many])
    assert left_out == 18
    assert odai == {6, 7, 8, 25, 26, 27, 48, 49, 50}


def test_the_rule_is_part_of_what_the_dataset_was_made_from(tmp_path: Path) -> None:
    place, crawls = tmp_path / "p" / "dataset", [crawl(tmp_path / "p" / "crawl", 8)]
    assert built(place, crawls)[1] == 8
    assert not build(DatasetOptions(), crawls, place, name="p")
    sha256 = image(1, REMOVED)["sha256"]
    assert built(place, crawls, photos=(sha256,)) == (set(range(1, 12)), 0)
    assert built(place, crawls, after=9) == (set(range(1, 12)), 0)
