"""What each rule left out: how many addresses, and one of them; and other settings let them in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.job import Job
from crawler.link_rules import NOTHING_NEW
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from tests.crawl_tables import SITE, boke, image_url, page, write

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PHOTO = "http://elsewhere.test/photo/odai/600/" + "a" * 32 + "_600.jpg"
LIST = page(
    0,
    [boke(10, 1, "x", stars=5), boke(20, 2, "y", stars=50)],
    url=f"{SITE}/boke/hot",
    odai_id=None,
    image_url=None,
    fetched_at=NOW,
    links=[f"{SITE}/odai/1", f"{SITE}/odai/2", f"{SITE}/boke/hot?page=2"],
)


def left_out(directory: Path, new_pages: int = 0, **options: Any) -> dict[str, tuple[int, str, str]]:
    """Return count, example and rule by the rule's source."""
    options = {"start": ("/boke/hot",)} | options
    with Tables(Job(CrawlOptions(**options), directory, started=NOW)) as tables:
        rows = tables.left_out_by_rule(new_pages)
    return {str(row["source"]): (row["count"], row["url"], row["rule"]) for row in rows}  # type: ignore[misc]


def due(directory: Path, **options: Any) -> set[str]:
    with Tables(Job(CrawlOptions(start=("/boke/hot",), **options), directory, started=NOW)) as tables:
        return {url.removeprefix(SITE) for kind in ("pages", "images") for url in tables.due(kind, 9)}


def test_few_stars_are_left_out_until_the_setting_allows_them(tmp_path: Path) -> None:
    write(tmp_path, [LIST], [])
    assert left_out(tmp_path, min_stars=10) == {
        "crawl.min_stars": (1, f"{SITE}/odai/1", "crawl.min_stars: 10")
    }
    assert due(tmp_path, min_stars=10) == {"/odai/2", "/boke/hot?page=2"}
    assert due(tmp_path, min_stars=5) == {"/odai/1", "/odai/2", "/boke/hot?page=2"}
    assert left_out(tmp_path) == {}


def test_high_page_numbers_are_left_out_until_the_setting_allows_them(tmp_path: Path) -> None:
    write(tmp_path, [LIST], [])
    found = left_out(tmp_path, max_page_number=1)
    assert found == {"crawl.max_page_number": (1, f"{SITE}/boke/hot?page=2", "crawl.max_page_number: 1")}
    assert "/boke/hot?page=2" not in due(tmp_path, max_page_number=1)
    assert "/boke/hot?page=2" in due(tmp_path, max_page_number=2)


def test_photos_of_other_hosts_are_left_out_until_the_setting_allows_them(tmp_path: Path) -> None:
    shown = page(1, [], image_url=PHOTO, fetched_at=NOW)
    write(tmp_path, [LIST, shown], [])
    settings: dict[str, Any] = {"site": "https://bokete.test", "image_hosts": ("photo.test",)}
    count, example, rule = left_out(tmp_path, **settings)["crawl.image_hosts"]
    assert (count, example, rule) == (1, PHOTO, "crawl.image_hosts: bokete.test, photo.test")
    assert PHOTO not in due(tmp_path, **settings)
    assert PHOTO in due(tmp_path, **settings | {"image_hosts": ("elsewhere.test",)})


@pytest.mark.parametrize(("new_pages", "named"), [(1, False), (2, True)])
def test_a_limit_leaves_out_what_is_still_due(new_pages: int, named: bool, tmp_path: Path) -> None:
    write(tmp_path, [LIST, page(9, [], fetched_at=NOW)], [])
    found = left_out(tmp_path, new_pages, max_pages=2)
    expected = {"crawl.max_pages": (3, f"{SITE}/boke/hot?page=2", "crawl.max_pages: 2")}
    assert found == (expected if named else {})


def test_opt_outs_count_by_the_newest_row_and_tell_their_words(tmp_path: Path) -> None:
    denied = page(1, [], outcome="denied", error="X-Robots-Tag: noai", fetched_at=NOW)
    before = page(2, [], outcome="denied", error="x", fetched_at=NOW - timedelta(days=1))
    image = {"url": image_url(3), "outcome": "denied", "error": "forgotten", "fetched_at": NOW}
    write(tmp_path, [denied, before, page(2, [], fetched_at=NOW)], [image])
    assert left_out(tmp_path) == {"opt-out": (1, f"{SITE}/odai/1", "X-Robots-Tag: noai")}


def test_a_list_that_is_left_is_told_of_the_run_that_left_it(tmp_path: Path) -> None:
    write(tmp_path, [LIST | {"error": NOTHING_NEW}], [])
    assert left_out(tmp_path)["crawl.lists_after"][:2] == (1, f"{SITE}/boke/hot?page=2")
