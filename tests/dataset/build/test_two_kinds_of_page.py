"""One boke that two kinds of page show differently: the newer page's counts, whole, whatever kind it is."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from tests.crawl_tables import NOW, SITE, boke, image, page, write

Row = dict[str, Any]
SHOWN = ("text", "stars", "raters", "category", "posted")
KINDS: dict[str, tuple[str, Row]] = {
    "odai": ("/odai/1", {"text": "犬の題", "stars": 5, "raters": 4}),
    "boke": ("/boke/11", {"text": "犬の答え", "stars": 7, "raters": None, "category": None}),
    "list": ("/boke/recent", {"text": "犬の一覧", "stars": None, "raters": None, "posted": None}),
}
"""Pages of an odai, of a boke, and a list: their paths, and what each shows of boke 11."""


def shown(kind: str) -> Row:
    return {**boke(11, 1, ""), **KINDS[kind][1]}


def fetched(kind: str, minutes: int) -> Row:
    """Return a page of a kind, fetched after so many minutes."""
    at = NOW + timedelta(minutes=minutes)
    return {**page(1, [shown(kind)]), "url": SITE + KINDS[kind][0], "fetched_at": at, "sha256": kind * 16}


def taken(folder: Path, pages: Sequence[Row], shards: int = 1) -> Row:
    """Return boke 11 of the dataset that is built from the pages."""
    crawl = folder / "crawl"
    for start in range(shards):
        write(crawl, pages[start::shards], [] if start else [image(1)])
    build(DatasetOptions(dev_fraction=0), [crawl], folder / "dataset", name="p")
    [caption] = read.captions(folder / "dataset").to_pylist()
    return {name: caption[name] for name in SHOWN}


@pytest.mark.parametrize("newest", KINDS)
@pytest.mark.parametrize("shards", [1, 2])
def test_the_newest_page_counts_whatever_its_kind(tmp_path: Path, newest: str, shards: int) -> None:
    older = [kind for kind in KINDS if kind != newest]
    pages = [fetched(newest, 9), *(fetched(kind, n) for n, kind in enumerate(older))]
    assert taken(tmp_path, pages, shards) == {name: shown(newest)[name] for name in SHOWN}


@pytest.mark.parametrize("order", list(permutations(KINDS))[::2], ids=" ".join)
def test_at_the_same_time_the_last_address_counts_in_any_order(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    """/odai/1 comes behind /boke/11 and /boke/recent in the order of letters."""
    found = taken(tmp_path, [fetched(kind, 0) for kind in order], 1 + (order[0] == "list"))
    assert found == {name: shown("odai")[name] for name in SHOWN}


def test_no_field_of_an_older_page_is_mixed_in(tmp_path: Path) -> None:
    """Stars that the newer page does not show are not known: those of the older one were another day's."""
    found = taken(tmp_path, [fetched("odai", 0), fetched("list", 1)])
    assert (found["text"], found["stars"], found["posted"]) == ("犬の一覧", None, None)


def test_an_older_page_that_comes_later_changes_nothing(tmp_path: Path) -> None:
    """Such as one that an import brings, or another machine."""
    new = taken(tmp_path, [fetched("boke", 5)])
    write(tmp_path / "crawl", [fetched("odai", 1)], [])
    build(DatasetOptions(dev_fraction=0), [tmp_path / "crawl"], tmp_path / "dataset", name="p")
    [caption] = read.captions(tmp_path / "dataset").to_pylist()
    assert {name: caption[name] for name in SHOWN} == new
