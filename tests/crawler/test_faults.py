"""A crawl of a site with every fault at once: each address ends as its fault says, the rest is all there."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crawler.options import CrawlOptions, EmbeddedSite
from dataset.build.stage import build
from dataset.options import DatasetOptions
from demo.content import EmbeddedSite as Content
from demo.content import odai_id
from demo.site import running
from demo.variants import PAGE_FAULTS, PHOTO_FAULTS
from store.addresses import narrower
from store.errors import UserError
from tests.crawl_tables import rows
from tests.crawler.stage import crawl, is_complete
from tests.demo.faults.faulty_site import affected

SEED, CAPTIONS = 4, 3
FAULTS = [*PAGE_FAULTS, *PHOTO_FAULTS]
PHOTOS = max(len(PAGE_FAULTS), len(PHOTO_FAULTS)) + 4
CONTENT = Content(PHOTOS, CAPTIONS, SEED)
AFFECTED = affected(FAULTS, PHOTOS, SEED)
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0,
    concurrency=8,
    timeout=4,
    pause=0.05,
    patience=20,
    max_drift=1,
    max_errors=1,  # half of the photos have a fault, and chance may put ten of these in a row
    max_page_number=6,
)
Row = dict[str, Any]

PAGES = {
    "403-burst": "ok", "429": "ok", "429-date": "ok", "503": "ok", "500": "ok", "500-always": "error",
    "reset": "ok", "reset-always": "error", "cut-short": "error", "bad-gzip": "error",
    "gzip-bomb": "error", "slow": "ok", "endless": "error", "endless-slow": "error", "huge": "ok",
    "empty": "error", "redirect-loop": "error", "redirect-private": "error", "redirect-loopback": "error",
    "redirect-elsewhere": "error", "redirect-file": "error", "euc-jp": "ok", "shift-jis": "ok",
    "broken-html": "ok", "cut-page": "error", "nul-bytes": "ok", "emoji": "ok", "duplicate-ids": "ok",
    "vanish": "missing", "endless-pages": "ok", "opt-out-header": "denied", "opt-out-meta": "denied",
    "opt-out-others": "ok", "drift": "drift", "drift-empty": "drift", "drift-entries": "drift",
    "drift-photo": "drift", "unanswered": "ok",
}  # fmt: skip
CHANGED = {"cut-page", "emoji", "euc-jp", "shift-jis", "nul-bytes", "unanswered"}
IMAGES = {
    "photo-404": "missing", "photo-wide-404": "missing", "photo-wide-403": "missing",
    "photo-500": "ok", "photo-reset": "ok", "photo-html": "error",
    "photo-empty": "error", "photo-noise": "error", "photo-truncated": "error", "photo-bomb": "error",
    "photo-huge-bomb": "error", "photo-opt-out": "denied", "photo-cmyk": "ok", "photo-grey": "ok",
    "photo-palette": "ok", "photo-alpha": "ok", "photo-16bit": "ok", "photo-animated": "ok",
    "photo-webp": "ok", "photo-rotated": "ok", "photo-exif": "ok", "photo-tiny": "error",
    "photo-twice": "ok", "photo-near": "ok",
}  # fmt: skip


def by_address(directory: Path, table: str) -> dict[str, Row]:
    """Return the rows by address, of which each has one."""
    found = rows(directory, table)
    assert len({row["url"] for row in found}) == len(found)
    return {row["url"]: row for row in found}


def hostile(directory: Path, faults: Iterable[str]) -> Path:
    with running(PHOTOS, CAPTIONS, SEED, faults=list(faults)) as address:
        crawl(OPTIONS, directory / "crawl", address=address, pipeline="demo")
    return directory / "crawl"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile(tmp_path_factory.mktemp("pages"), PAGE_FAULTS)


@pytest.fixture(scope="module")
def crawled_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile(tmp_path_factory.mktemp("photos"), PHOTO_FAULTS)


@pytest.fixture(scope="module")
def pages(crawled: Path) -> dict[str, Row]:
    return by_address(crawled, "pages")


@pytest.fixture(scope="module")
def images(crawled_photos: Path) -> dict[str, Row]:
    return by_address(crawled_photos, "images")


def page_of(pages: dict[str, Row], photo: int) -> Row:
    return pages[f"http://bokete.test/odai/{odai_id(SEED, photo)}"]


def photo_address(photo: int, width: int = 600) -> str:
    return f"http://photo.bokete.test/photo/odai/{width}/{CONTENT.photo_name(photo)}_{width}.jpg"


def texts(page: Row) -> list[str]:
    return [boke["text"] for boke in page["bokes"]]


def drawn(photo: int) -> list[str]:
    return [boke.text for boke in CONTENT.odai_bokes(photo, 1)]


def test_every_fault_has_its_outcome_stated() -> None:
    assert PAGES.keys() == PAGE_FAULTS.keys()
    assert IMAGES.keys() == PHOTO_FAULTS.keys()
    assert all(AFFECTED[name] for name in FAULTS)


@pytest.mark.parametrize("fault", PAGE_FAULTS)
def test_a_page_with_a_fault_ends_as_one_row_with_its_outcome(fault: str, pages: dict[str, Row]) -> None:
    for photo in AFFECTED[fault]:
        page = page_of(pages, photo)
        assert page["outcome"] == PAGES[fault], page["error"]
        assert bool(page["error"]) == (PAGES[fault] != "ok")
        if PAGES[fault] == "ok" and fault not in CHANGED:
            assert texts(page) == drawn(photo)


@pytest.mark.parametrize("fault", PHOTO_FAULTS)
def test_a_photo_with_a_fault_ends_as_one_row_with_its_outcome(fault: str, images: dict[str, Row]) -> None:
    for photo in AFFECTED[fault]:
        image = images[photo_address(photo)]
        assert image["outcome"] == IMAGES[fault], image["error"]
        assert (image["bytes"] is not None) == (IMAGES[fault] == "ok")
        assert bool(image["error"]) == (IMAGES[fault] != "ok")


def test_what_has_no_fault_is_all_there(pages: dict[str, Row], images: dict[str, Row]) -> None:
    struck = {photo for name in PAGE_FAULTS for photo in AFFECTED[name]}
    for photo in set(range(PHOTOS)) - struck:
        assert texts(page_of(pages, photo)) == drawn(photo)
    assert {photo_address(photo) for photo in range(PHOTOS)} <= images.keys()
    assert {row["outcome"] for row in images.values()} == set(IMAGES.values())


def test_a_photo_whose_widest_copy_is_missing_is_fetched_in_the_next_width(images: dict[str, Row]) -> None:
    for photo in AFFECTED["photo-wide-404"] + AFFECTED["photo-wide-403"]:
        assert images[photo_address(photo)]["status"] in (403, 404)
        narrow = images[photo_address(photo, 400)]
        assert (narrow["outcome"], narrow["width"]) == ("ok", 400)
        assert photo_address(photo, 240) not in images
    for photo in AFFECTED["photo-404"]:
        widths = [images[photo_address(photo, width)]["outcome"] for width in (600, 400, 240)]
        assert widths == ["missing"] * 3


def test_a_photo_that_stays_broken_is_asked_for_in_its_narrower_copies(images: dict[str, Row]) -> None:
    for address, row in images.items():
        copy = narrower(address)
        assert (copy in images) == (row["outcome"] in ("missing", "error") and copy is not None)


def test_the_dataset_has_a_photo_in_whatever_width_it_was_fetched(
    crawled_photos: Path, tmp_path: Path
) -> None:
    build(DatasetOptions(), [crawled_photos], tmp_path / "dataset", name="demo")
    split = [pq.read_table(path, columns=["odai_ids"]) for path in tmp_path.glob("dataset/data/*.parquet")]
    odai = {number for table in split for numbers in table["odai_ids"].to_pylist() for number in numbers}
    narrow = AFFECTED["photo-wide-404"] + AFFECTED["photo-wide-403"]
    assert narrow
    assert {odai_id(SEED, photo) for photo in narrow} <= odai
    assert not {odai_id(SEED, photo) for photo in AFFECTED["photo-404"]} & odai


def test_a_photo_is_fetched_where_its_odai_page_was_read_and_did_not_opt_out(
    crawled: Path, pages: dict[str, Row]
) -> None:
    listed = {
        boke["image_url"] for page in pages.values() if page["odai_id"] is None for boke in page["bokes"]
    }
    assert listed == {photo_address(photo) for photo in range(PHOTOS)}, "the lists show them all"
    read = {photo_address(photo) for photo in range(PHOTOS) if page_of(pages, photo)["outcome"] == "ok"}
    assert by_address(crawled, "images").keys() == read
    for photo in AFFECTED["opt-out-header"] + AFFECTED["opt-out-meta"]:
        assert photo_address(photo) not in read


def test_a_crawl_of_many_faults_is_complete_and_asks_for_nothing_again(
    crawled: Path, crawled_photos: Path
) -> None:
    assert is_complete(OPTIONS, crawled)
    assert is_complete(OPTIONS, crawled_photos)


def test_an_odai_that_nobody_has_answered_is_no_drift(pages: dict[str, Row]) -> None:
    for photo in AFFECTED["unanswered"]:
        page = page_of(pages, photo)
        assert (page["outcome"], page["bokes"], page["image_url"]) == ("ok", [], photo_address(photo))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500-always", "500"),
        ("endless", "larger than 16 megabytes"),
        ("gzip-bomb", "larger than 16 megabytes"),
        ("redirect-private", "10.0.0.1 is not a host of the site"),
        ("redirect-loopback", "127.0.0.1:9 is not a host of the site"),
        ("redirect-elsewhere", "example.com is not a host of the site"),
        ("redirect-loop", "redirect"),
        ("opt-out-header", "X-Robots-Tag: noai"),
        ("opt-out-meta", "meta robots: noai"),
    ],
)
def test_a_row_says_what_happened(fault: str, reason: str, pages: dict[str, Row]) -> None:
    for photo in AFFECTED[fault]:
        assert re.search(reason, page_of(pages, photo)["error"])


def test_what_opted_out_leaves_nothing_in_its_row(pages: dict[str, Row]) -> None:
    for fault in ("opt-out-header", "opt-out-meta"):
        for photo in AFFECTED[fault]:
            page = page_of(pages, photo)
            assert not page["bokes"]
            assert not page["links"]
            assert page["image_url"] is None


@pytest.mark.parametrize("fault", ["euc-jp", "shift-jis"])
def test_japanese_in_another_encoding_than_labelled_is_read(fault: str, pages: dict[str, Row]) -> None:
    codec = {"euc-jp": "euc_jp", "shift-jis": "cp932"}[fault]
    for photo in AFFECTED[fault]:
        expected = [text.encode(codec, "ignore").decode(codec) for text in drawn(photo)]
        assert texts(page_of(pages, photo)) == expected


def test_emoji_survive(pages: dict[str, Row]) -> None:
    for photo in AFFECTED["emoji"]:
        assert any("👨‍👩‍👧‍👦" in text for text in texts(page_of(pages, photo)))


def test_a_pagination_that_never_ends_is_left_where_the_settings_say(pages: dict[str, Row]) -> None:
    for photo in AFFECTED["endless-pages"]:
        numbers = sorted(
            int(url.partition("page=")[2] or 1) for url in pages if f"/odai/{odai_id(SEED, photo)}" in url
        )
        assert numbers == [1, 2, 3, 4, 5, 6]


# ---- faults of the whole site

SMALL = OPTIONS.model_copy(
    update={"embedded": EmbeddedSite(photos=8, captions_per_photo=2, seed=SEED), "patience": 3}
)


def small_site(fault: str, **options: Any) -> Any:
    return running(8, 2, SEED, faults=[fault], **options)


def fails(fault: str, directory: Path, message: str) -> None:
    with small_site(fault) as address, pytest.raises(UserError, match=message):
        crawl(SMALL, directory, address=address, pipeline="demo")


def test_robots_that_answers_503_means_no(tmp_path: Path) -> None:
    fails("robots-503", tmp_path, r"bokete\.test/robots\.txt answers 503, and that means no.*bokeru crawl")
    assert by_address(tmp_path, "pages") == {}
    assert not is_complete(SMALL, tmp_path)


def test_a_site_that_refuses_everything_ends_the_crawl_with_what_to_do(tmp_path: Path) -> None:
    fails("blocked", tmp_path, r"answers 403, 3 times in a row.*Come back in some hours.*crawl\.delay")
    assert all(row["outcome"] == "error" for row in by_address(tmp_path, "pages").values())


@pytest.mark.parametrize(
    "fault",
    [
        "robots-404",
        *(pytest.param(f, marks=pytest.mark.long) for f in ("robots-html", "next-error", "endless-lists")),
    ],
)
def test_faults_of_the_site_that_forbid_nothing(fault: str, tmp_path: Path) -> None:
    layout = {"layout": "next_2024"} if fault == "next-error" else {}
    with small_site(fault, **layout) as address:
        report = crawl(SMALL, tmp_path, address=address, pipeline="demo")
    assert set(report.pages) == {"ok"}
    assert report.photos == {"ok": len(by_address(tmp_path, "images"))}
    assert report.bokes == 16 if fault != "next-error" else (report.bokes or 0) >= 10


def test_what_robots_forbids_gets_no_row_and_stands_in_left_out(tmp_path: Path) -> None:
    with running(30, 1, SEED, faults=["robots-disallow"]) as address:
        report = crawl(SMALL, tmp_path, address=address, pipeline="demo")
    pages = by_address(tmp_path, "pages")
    left_out = rows(tmp_path, "left_out")
    assert left_out
    assert all(row["url"].endswith("3") and "/odai/" in row["url"] for row in left_out)
    assert {row["source"] for row in left_out} == {"http://bokete.test/robots.txt"}
    assert all(row["rule"].startswith("Disallow: /odai/") for row in left_out)
    assert not {row["url"] for row in left_out} & set(pages)
    assert (report.left_out, "denied" in report.pages) == ({"pages": len(left_out)}, False)
    assert not is_complete(SMALL, tmp_path), "it is asked again"


def test_the_delay_that_robots_asks_for_is_kept(tmp_path: Path) -> None:
    options = SMALL.model_copy(update={"max_pages": 2, "max_photos": 1})
    with small_site("robots-delay") as address:
        crawl(options, tmp_path, address=address, pipeline="demo")
    found = [*by_address(tmp_path, "pages").values(), *by_address(tmp_path, "images").values()]
    times = sorted(row["fetched_at"] for row in found)
    assert len(times) >= 2
    assert all((later - earlier).total_seconds() > 0.9 for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param("429", 1.0, marks=pytest.mark.long),
        pytest.param("503", 1.0, marks=pytest.mark.long),
        ("429-date", 0.9),
    ],
)
def test_a_host_that_says_when_to_come_back_is_left_alone_until_then(
    fault: str, seconds: float, tmp_path: Path
) -> None:
    options = SMALL.model_copy(update={"concurrency": 1})
    with small_site(fault) as address:
        crawl(options, tmp_path, address=address, pipeline="demo")
    pages = by_address(tmp_path, "pages")
    assert {row["outcome"] for row in pages.values()} == {"ok"}
    times = sorted(row["fetched_at"] for row in pages.values())
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert max(gaps) >= seconds, "crawl.pause alone would be 0.05"


def test_a_photo_refused_by_a_host_that_answers_nothing_else_comes_in_its_narrower_copy(
    tmp_path: Path,
) -> None:
    photo = affected(["photo-wide-403"], 8, SEED)["photo-wide-403"][0]
    options = SMALL.model_copy(update={"start": (), "odai": (str(odai_id(SEED, photo)),), "patience": 9})
    with small_site("photo-wide-403") as address:
        crawl(options, tmp_path, address=address, pipeline="demo")
    found = by_address(tmp_path, "images")
    assert {url: row["outcome"] for url, row in found.items()} == {
        photo_address(photo): "missing",
        photo_address(photo, 400): "ok",
    }
    assert is_complete(options, tmp_path)


@pytest.mark.long
def test_drift_past_its_limit_fails_the_crawl_and_every_later_one_until_the_limit_allows_it(
    tmp_path: Path,
) -> None:
    options = SMALL.model_copy(update={"max_drift": 0.05})
    with small_site("drift") as address:
        for _ in range(2):
            with pytest.raises(UserError, match=r"above crawl\.max_drift \(0\.05\): the site has changed"):
                crawl(options, tmp_path, address=address, pipeline="demo")
            assert not is_complete(options, tmp_path), "it is asked for again"
    assert is_complete(options.model_copy(update={"max_drift": 0.2}), tmp_path)


def test_a_site_that_falls_silent_costs_no_rows(tmp_path: Path) -> None:
    with running(8, 2, SEED) as address:
        pass  # it is gone now
    with pytest.raises(UserError, match=r"robots\.txt cannot be read"):
        crawl(SMALL, tmp_path, address=address, pipeline="demo")
    assert by_address(tmp_path, "pages") == {}


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Fail where a crawl logs an error or a traceback: whatever the site does, it is no news to the log."""
    yield
    assert "Traceback" not in capfd.readouterr().err
