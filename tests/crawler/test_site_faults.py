"""Faults of the whole site: the crawl ends early, with its status and one message; mended, the same goes on.

What is a fault comes from the words of those who had it (`demo/faults/whole_site.py`), and so does its right
end: 1 for a server in trouble, 4 for one that refuses, 5 for what is not what is expected.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.crawl import crawl, is_complete
from crawler.options import CrawlOptions, EmbeddedSite
from demo.site import ControlledSite, controlled
from store.errors import UserError
from tests.crawl_tables import rows

PHOTOS, CAPTIONS, SEED = 40, 4, 11
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0,
    concurrency=4,
    timeout=5,
    pause=0.01,
)
MOST_REQUESTS = 200
Rows = dict[str, dict[str, Any]]

FAULTS = {
    "photos-moved": (5, r"img\.bokete\.test.*crawl\.image_hosts"),
    "pages-500": (1, r"500"),
    "pages-401": (4, r"401"),
    "pages-empty": (5, r"the body is empty"),
    "cookie-wall": (5, r"cookie"),
    "odai-home": (5, r"leads to http://bokete\.test/boke/recent, which is not the odai"),
    "robots-disallow-all": (4, r"robots\.txt closes the whole site"),
    "stars-gone": (5, r"no boke with stars"),
    "deeper": (5, r"no boke"),
    "lists-without-photos": (5, r"lists lead to no odai.*image_url"),
    "lists-without-pictures": (5, r"lists lead to no odai.*image_url"),
    "photos-login": (5, r"photos \(image_url\) in a row failed: a web page came"),
    "pages-changed": (5, r"no known layout"),
}
"""The status that each ends with, and what its message names."""


@pytest.fixture(scope="module")
def served() -> Iterator[ControlledSite]:
    with controlled(PHOTOS, CAPTIONS, SEED) as site:
        yield site


@pytest.fixture(scope="module")
def unspoilt(served: ControlledSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a crawl that never met a fault."""
    served.fault()
    directory = tmp_path_factory.mktemp("unspoilt")
    crawl(OPTIONS, directory, address=served.address, pipeline="demo")
    return directory


def newest(directory: Path, table: str) -> Rows:
    """Return the newest row of each address, without the times, which every fetch has its own of."""
    found = sorted(rows(directory, table), key=lambda row: row["fetched_at"])
    newest = {row["url"]: row | {"fetched_at": None, "sha256": None} for row in found}
    for row in newest.values():
        for boke in row.get("bokes", ()):
            boke["posted"] = boke["posted"] and boke["posted"].date()
    return newest


def same_as(unspoilt: Path, directory: Path) -> None:
    for table in ("pages", "images"):
        expected, found = newest(unspoilt, table), newest(directory, table)
        assert {url: found[url] for url in expected} == expected
        # A photo that failed was asked for in its narrower copies, too.
        assert {row["outcome"] for url, row in found.items() if url not in expected} <= {"error", "missing"}


def fails(directory: Path, served: ControlledSite, fault: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, names = FAULTS[fault]
    with pytest.raises(UserError, match=names) as failure:
        crawl(OPTIONS, directory, address=served.address, pipeline="demo")
    assert (failure.value.exit_status, served.requests <= MOST_REQUESTS) == (status, True), served.requests
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    assert "WARNING" not in said.err
    assert "bokeru crawl" in str(failure.value)


LONG = ("lists-without-pictures", "pages-changed")
"""Variants of others."""


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=pytest.mark.long) if name in LONG else name for name in FAULTS]
)
def test_a_fault_of_the_whole_site_ends_the_crawl_and_mended_the_same_goes_on(
    fault: str, served: ControlledSite, unspoilt: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    served.fault(fault)
    fails(tmp_path, served, fault, capfd)
    assert not is_complete(OPTIONS, tmp_path)
    served.fault()
    crawl(OPTIONS, tmp_path, address=served.address, pipeline="demo")
    same_as(unspoilt, tmp_path)
    assert is_complete(OPTIONS, tmp_path)
