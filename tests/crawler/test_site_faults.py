"""Faults of the whole site: the crawl ends early, with its status and one message; mended, the same goes on.

What is a fault comes from the words of those who had it (`demo/faults/whole_site.py`), and so does its right
end: 1 for a server in trouble, 4 for one that refuses, 5 for what is not what is expected.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from crawler.options import CrawlOptions, EmbeddedSite
from demo.site import ControlledSite, controlled
from store.errors import UserError
from tests import crawl_tables
from tests.crawl_tables import rows
from tests.crawler.answering import Answer, answering, list_page, odai_page, photo_path
from tests.crawler.stage import crawl, is_complete

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
    "photos-login": (5, r"photos \(image_url\).*: a web page, and no photo"),
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
    return {url: row | {"bokes": undated(row)} if "bokes" in row else row for url, row in newest.items()}


def undated(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [boke | {"posted": None} for boke in row["bokes"]]


def dates(directory: Path) -> dict[tuple[str, int], datetime]:
    found = sorted(rows(directory, "pages"), key=lambda row: row["fetched_at"])
    return {(row["url"], boke["boke_id"]): boke["posted"] for row in found for boke in row["bokes"]}


def same_as(unspoilt: Path, directory: Path) -> None:
    for table in ("pages", "images"):
        expected, found = newest(unspoilt, table), newest(directory, table)
        assert {url: found[url] for url in expected} == expected
        # A photo that failed was asked for in its narrower copies, too.
        assert {row["outcome"] for url, row in found.items() if url not in expected} <= {"error", "missing"}
    expected_dates, found_dates = dates(unspoilt), dates(directory)
    assert expected_dates
    assert all(expected_dates.values())
    for boke, date in expected_dates.items():
        # The pages tell ages, in hours or in days: those of a later fetch begin a day later after midnight.
        assert timedelta() <= found_dates[boke] - date <= timedelta(days=1, minutes=5)


def fails(directory: Path, served: ControlledSite, fault: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, names = FAULTS[fault]
    with pytest.raises(UserError, match=names) as failure:
        crawl(OPTIONS, directory, address=served.address, pipeline="demo")
    assert (failure.value.exit_status, served.requests <= MOST_REQUESTS) == (status, True), served.requests
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    warnings = [line for line in said.err.splitlines() if "WARNING" in line]
    assert all("is left alone for" in line for line in warnings), "one notice"
    assert "bokeru crawl" in str(failure.value)


LONG = (
    "lists-without-pictures", "pages-changed", "cookie-wall", "deeper", "robots-disallow-all",
    "lists-without-photos", "photos-login", "pages-401", "pages-empty", "photos-moved",
)  # fmt: skip
"""Variants of others, and those that other tests meet as well."""


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


@pytest.mark.parametrize(
    "fault",
    ["odai-home", *(pytest.param(fault, marks=pytest.mark.long) for fault in ("pages-500", "photos-moved"))],
)
def test_a_fault_that_begins_while_a_crawl_runs_spoils_nothing_that_came_before(
    fault: str, served: ControlledSite, unspoilt: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    served.fault(fault, after=50)
    fails(tmp_path, served, fault, capfd)
    before = len(rows(tmp_path, "images"))
    assert before > 10
    served.fault()
    crawl(OPTIONS, tmp_path, address=served.address, pipeline="demo")
    same_as(unspoilt, tmp_path)
    assert len(rows(tmp_path, "images")) == PHOTOS, "no photo is fetched twice"


@pytest.mark.long
def test_800_good_pages_and_then_all_drift_cost_few_more(tmp_path: Path) -> None:
    embedded = EmbeddedSite(photos=800, captions_per_photo=2, seed=SEED)
    with controlled(800, 2, SEED) as site:
        site.fault("pages-changed", after=1620)  # of some 930 pages and 800 photos
        with pytest.raises(UserError, match="10 of the last 100 pages have markup that no layout knows"):
            crawl(
                OPTIONS.model_copy(update={"embedded": embedded}),
                tmp_path,
                address=site.address,
                pipeline="p",
            )
    outcomes = [row["outcome"] for row in rows(tmp_path, "pages")]
    assert outcomes.count("ok") > 800
    assert outcomes.count("drift") <= 20


def options(site: str, **values: Any) -> CrawlOptions:
    values = {"site": site, "delay": 0, "pause": 0.01, "timeout": 5, "image_hosts": []} | values
    return CrawlOptions.model_validate(values, strict=False)


def answers(odai: Answer | None, photo: Answer | None, numbers: Sequence[int] = range(1, 6)) -> Any:
    """Return a site of five odai; `odai` and `photo` are what it answers for these, None what is usual."""
    jpeg = Answer(crawl_tables.photo(1), headers={"Content-Type": "image/jpeg"})

    def answer(path: str, _: Message) -> Answer | None:
        if path == "/boke/recent":
            return list_page(*(f"/odai/{number}" for number in numbers))
        if path.startswith("/odai/"):
            return odai or odai_page(int(path.rpartition("/")[2]))
        return (photo or jpeg) if path.startswith("/photo/") else None

    return answering(answer)


CUT = gzip.compress(str(odai_page(1, *(f"ボケ{number}" for number in range(200))).body).encode())
MISSING = Answer("", 404)


@pytest.mark.parametrize(
    ("odai", "photo", "status", "names"),
    [
        (Answer(CUT[: len(CUT) // 2], headers={"Content-Encoding": "gzip"}), None, 5, "not whole"),
        pytest.param(Answer("", 401), None, 4, "401", marks=pytest.mark.long),
        (MISSING, None, 5, "none of the 5 odai that lists lead to is there"),
        pytest.param(None, MISSING, 5, "no photo came: none of 5 is there", marks=pytest.mark.long),
        (None, Answer("x", 500), 1, "500"),
    ],
    ids=["every odai cut", "every odai 401", "every odai missing", "every photo missing", "every photo 500"],
)
def test_a_small_crawl_that_brings_nothing_never_ends_with_0(
    odai: Answer | None, photo: Answer | None, status: int, names: str, tmp_path: Path
) -> None:
    with answers(odai, photo) as site, pytest.raises(UserError, match=names) as failure:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    assert failure.value.exit_status == status
    assert not is_complete(options(site.address), tmp_path), "it is asked for again"


@pytest.mark.long
def test_what_is_an_answer_ends_with_0(tmp_path: Path) -> None:
    with answers(MISSING, None) as site:
        by_number = options(site.address, start=(), odai=("1-30",))
        assert crawl(by_number, tmp_path / "deleted", address=None, pipeline="p").pages == {"missing": 30}
    with answers(None, None) as site:
        one = options(site.address, max_pages=1)
        assert crawl(one, tmp_path / "a", address=None, pipeline="p").photos == {}, "none was due yet"
        crawl(options(site.address), tmp_path / "a", address=None, pipeline="p")
        assert is_complete(options(site.address), tmp_path / "a")


@pytest.mark.long
def test_some_photos_on_another_host_are_named_once_and_come_when_it_is_allowed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with answers(None, None) as photos:
        host = photos.address.removeprefix("http://")

        def answer(path: str, _: Message) -> Answer | None:
            number = path.removeprefix("/odai/")
            if number in ("2", "4"):
                return odai_page(int(number), photo=photos.address + photo_path(int(number)))
            if number.isdecimal():
                return odai_page(int(number))
            if path == "/boke/recent":
                return list_page(*(f"/odai/{number}" for number in range(1, 6)))
            jpeg = Answer(crawl_tables.photo(2), headers={"Content-Type": "image/jpeg"})
            return jpeg if path.startswith("/photo/") else None

        with answering(answer) as site:
            report = crawl(options(site.address), tmp_path, address=None, pipeline="p")
            assert report.photos == {"ok": 3}
            assert capfd.readouterr().err.count(f"some pages show photos on {host}") == 1
            assert is_complete(options(site.address), tmp_path)
            allowed = options(site.address, image_hosts=[host])
            assert not is_complete(allowed, tmp_path)
            assert crawl(allowed, tmp_path, address=None, pipeline="p").photos == {"ok": 5}
