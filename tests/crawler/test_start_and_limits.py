"""Every way into a site, and the ways to stop: lists, ranges, files, order, stars, limits, revisits."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawler.components.session import Session
from crawler.items import NOT_A_HOST, PageRow, PhotoRow
from crawler.job import Job
from crawler.link_rules import links_to_follow
from crawler.memory import drawing, frontier
from crawler.memory.frontier import Frontier, PageQueue
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions, EmbeddedSite
from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from demo.content import LISTS, odai_id
from demo.content import EmbeddedSite as Content
from store.errors import UsageError
from store.schema import PAGES
from tests.crawl_tables import write
from tests.crawler.stage import crawl, is_complete

PHOTOS, CAPTIONS, SEED = 20, 3, 8
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED), delay=0, concurrency=4
)
CONTENT = Content(PHOTOS, CAPTIONS, SEED)
ODAI = [odai_id(SEED, photo) for photo in range(PHOTOS)]
ROOT = Path(__file__).parents[2]


def fetched(site: str, directory: Path, **options: Any) -> list[str]:
    """Crawl with these settings, and return the paths of the pages in the order of fetching."""
    crawl(OPTIONS.model_copy(update=options), directory, address=site, pipeline="demo")
    rows = [row for path in directory.glob("pages/*.parquet") for row in pq.read_table(path).to_pylist()]
    rows.sort(key=lambda row: row["fetched_at"])
    return [row["url"].removeprefix("http://bokete.test") for row in rows]


def test_odai_by_number_by_range_and_from_a_file(site: str, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text(f"{ODAI[3]}\n\n{ODAI[4]}\n")
    odai = (str(ODAI[0]), f"{ODAI[1]}-{ODAI[1] + 1}")
    found = fetched(site, tmp_path / "crawl", start=(), odai=odai, odai_file=str(tmp_path / "ids"))
    numbers = {ODAI[0], ODAI[1], ODAI[1] + 1, ODAI[3], ODAI[4]}
    assert set(found) == {f"/odai/{number}" for number in numbers}


@pytest.mark.parametrize(("order", "expected"), [("newest", ODAI[::-1]), ("oldest", ODAI)])
def test_the_order_of_odai_is_that_of_their_numbers(
    order: str, expected: list[int], site: str, tmp_path: Path
) -> None:
    found = fetched(site, tmp_path, start=(), odai=tuple(map(str, ODAI)), order=order, concurrency=1)
    assert found == [f"/odai/{number}" for number in expected]


def test_single_boke_lists_and_categories_are_ways_in(site: str, tmp_path: Path) -> None:
    boke = CONTENT.odai_bokes(5, 1)[0]
    start = (f"/boke/{boke.boke_id}", "/boke/legend", "/boke/category/バカ")
    found = fetched(site, tmp_path, start=start, max_page_number=1)
    assert f"/odai/{boke.odai_id}" in found
    assert {"/boke/legend", "/boke/category/%E3%83%90%E3%82%AB", start[0]} < set(found)


@pytest.mark.long
def test_every_list_of_the_site_is_a_way_in(site: str, tmp_path: Path) -> None:
    lists = tuple(f"/boke/{name}" for name in LISTS)
    found = fetched(site, tmp_path, start=lists, max_page_number=1)
    assert set(lists) < set(found)
    assert any(path.startswith("/odai/") for path in found)


def test_min_stars_leads_to_the_odai_that_have_them_and_to_their_photos(site: str, tmp_path: Path) -> None:
    stars = sorted(CONTENT.odai_bokes(photo, 1)[0].stars for photo in range(PHOTOS))[PHOTOS // 2]
    found = fetched(site, tmp_path, start=("/boke/popular",), min_stars=stars)
    listed = CONTENT.listed("popular", 0, CONTENT.list_length("popular"))
    worth = {boke.odai_id for boke in listed if boke.stars >= stars}
    assert {path for path in found if path.startswith("/odai/")} == {f"/odai/{number}" for number in worth}
    assert 0 < len(worth) < len({boke.odai_id for boke in listed})
    photos = [row["url"] for path in tmp_path.glob("images/*") for row in pq.read_table(path).to_pylist()]
    assert len(photos) == len(worth)


def test_a_revisit_reads_pages_again_and_photos_never(site: str, tmp_path: Path) -> None:
    options = {"start": (), "odai": (str(ODAI[0]), str(ODAI[1]))}
    once = fetched(site, tmp_path / "p" / "crawl", **options)
    assert is_complete(OPTIONS.model_copy(update=options), tmp_path / "p" / "crawl"), "without revisit_after"
    twice = fetched(site, tmp_path / "p" / "crawl", revisit_after=1e-9, **options)
    assert sorted(twice) == sorted(once * 2)
    images = [row for path in tmp_path.glob("p/crawl/images/*") for row in pq.read_table(path).to_pylist()]
    assert len(images) == 2
    build(DatasetOptions(), [tmp_path / "p" / "crawl"], tmp_path / "p" / "dataset", name="p")
    texts = read.captions(tmp_path / "p" / "dataset")["text"].to_pylist()
    assert sorted(texts) == sorted(boke.text for photo in (0, 1) for boke in CONTENT.odai_bokes(photo, 1))


def test_a_file_of_numbers_that_holds_something_else_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("5\nsix\n")
    options = OPTIONS.model_copy(update={"odai_file": str(tmp_path / "ids")})
    with pytest.raises(UsageError, match="line 2: 'six' is not the number of an odai"):
        is_complete(options, tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        is_complete(options.model_copy(update={"odai_file": "/nowhere"}), tmp_path)


def page(**columns: Any) -> PageRow:
    links = ["http://s/odai/1", "http://s/odai/2", "http://s/boke/hot?page=2"]
    bokes = [{"odai_id": 1, "stars": 5}, {"odai_id": 2, "stars": 50}]
    return PageRow({"odai_id": None, "links": links, "bokes": bokes, **columns})


def test_min_stars_follows_lists_only_to_odai_that_have_them() -> None:
    links = links_to_follow(page(), CrawlOptions(min_stars=10))
    assert links == ["http://s/odai/2", "http://s/boke/hot?page=2"]


@pytest.mark.parametrize(("stars", "links"), [(3, 1), (10, 0)])
def test_min_stars_leaves_an_odai_where_its_boke_have_fewer(stars: int, links: int) -> None:
    row = page(odai_id=1, links=["http://s/odai/1?page=2"])
    assert len(links_to_follow(row, CrawlOptions(min_stars=stars))) == links


def write_page(directory: Path, url: str, job: Job, days_ago: float, links: list[str] | None = None) -> None:
    (directory / "pages").mkdir(parents=True, exist_ok=True)
    row = {"url": url, "outcome": "ok", "links": links or []}
    row["fetched_at"] = job.started - timedelta(days=days_ago)  # type: ignore[assignment]
    name = f"{len(list((directory / 'pages').iterdir()))}.parquet"
    pq.write_table(pa.Table.from_pylist([row], schema=PAGES), directory / "pages" / name)


def test_pages_are_read_again_only_when_they_are_old_enough(tmp_path: Path) -> None:
    job = Job(CrawlOptions(start=(), revisit_after=7.0), tmp_path)
    write_page(tmp_path, "http://bokete.test/boke/hot", job, 1, ["http://bokete.test/odai/1"])
    write_page(tmp_path, "http://bokete.test/odai/1", job, 30)
    with Tables(job) as tables:
        assert list(tables.due("pages", 9)) == ["http://bokete.test/odai/1"]
    write_page(tmp_path, "http://bokete.test/odai/1", job, 6)
    with Tables(job) as tables:
        assert tables.is_complete()


@pytest.mark.parametrize("meanwhile", [False, True])
def test_tables_that_were_read_before_the_lock_count_unless_another_crawl_wrote_meanwhile(
    tmp_path: Path, meanwhile: bool
) -> None:
    job = Job(CrawlOptions(start=(), odai=("1-3",)), tmp_path / "crawl")
    write_page(job.directory, "http://bokete.test/odai/1", job, 0.1)
    drawing.keep(job)
    with Tables(job) as tables:
        assert tables.are_current()
        if meanwhile:
            write_page(job.directory, "http://bokete.test/odai/2", job, 0.1)
        assert tables.are_current() != meanwhile
        with Session(job, tables) as session:
            due = [session.next_address("pages") for _ in range(len(session.frontier))]
    assert due == [f"http://bokete.test/odai/{number}" for number in ((3,) if meanwhile else (3, 2))]


def photo_url(width: int, name: str = "a" * 32) -> str:
    return f"http://photo.bokete.test/photo/odai/{width}/{name}_{width}.jpg"


def missing_photos(directory: Path, pages: list[dict[str, Any]], images: list[dict[str, Any]]) -> list[str]:
    """Return the photos that a start finds in these tables, as the queue of a run that makes them does."""
    at = {"fetched_at": datetime(2026, 1, 1, tzinfo=UTC), "links": [], "bokes": []}
    write(directory, [at | page for page in pages], [at | image for image in images])
    job = Job(CrawlOptions(start=()), directory)
    with Tables(Job(CrawlOptions(start=()), directory / "empty")) as tables:
        waiting = Frontier(job, tables)
    for page in pages:
        waiting.follow(PageRow(at | page))
    for image in images:
        waiting.follow(PhotoRow(image))
    with Tables(job) as tables:
        found = list(tables.due("images", 99))
    queued = {waiting.photos.pop() for _ in range(len(waiting.photos))}
    assert queued - {image["url"] for image in images} == set(found)
    return found


def odai_page(number: int, **columns: Any) -> dict[str, Any]:
    shown = {"url": f"http://bokete.test/odai/{number}", "outcome": "ok", "odai_id": number}
    return shown | {"image_url": photo_url(600)} | columns


def test_a_photo_that_is_missing_or_broken_leads_to_its_next_width_and_no_other_outcome_does(
    tmp_path: Path,
) -> None:
    for number, (outcome, width, found) in enumerate(
        [("missing", 600, [photo_url(400)]), ("missing", 400, [photo_url(240)]), ("missing", 240, []),
         ("error", 600, [photo_url(400)]), ("error", 400, [photo_url(240)]), ("error", 240, []),
         ("ok", 600, []), ("denied", 600, [])]
    ):  # fmt: skip
        tried = [{"url": photo_url(600), "outcome": "missing" if width < 600 else outcome}]
        tried += [{"url": photo_url(400), "outcome": "missing" if width < 400 else outcome}] * (width < 600)
        tried += [{"url": photo_url(240), "outcome": outcome}] * (width < 400)
        assert missing_photos(tmp_path / str(number), [odai_page(1)], tried) == found


def test_a_photo_that_was_not_asked_for_since_its_host_is_not_allowed_leads_nowhere(tmp_path: Path) -> None:
    closed = {
        "url": photo_url(600),
        "outcome": "error",
        "error": f"http://photo.example {NOT_A_HOST}; …",
    }
    assert missing_photos(tmp_path, [odai_page(1)], [closed]) == []


def test_a_photo_that_a_list_shows_waits_for_its_odai_page(tmp_path: Path) -> None:
    shown = {"boke_id": 1, "text": "x", "image_url": photo_url(600)}
    listed = {"url": "http://bokete.test/boke/hot", "outcome": "ok", "odai_id": None, "image_url": None}
    listed["bokes"] = [{**shown, "odai_id": 1}]  # type: ignore[assignment]
    denied = odai_page(1, outcome="denied", odai_id=None, image_url=None)
    assert missing_photos(tmp_path / "unread", [listed], []) == []
    assert missing_photos(tmp_path / "denied", [listed, denied], []) == []
    assert missing_photos(tmp_path / "read", [listed, odai_page(1)], []) == [photo_url(600)]
    listed["bokes"] = [{**shown, "odai_id": None}]  # type: ignore[assignment]
    assert missing_photos(tmp_path / "of no odai", [listed], []) == [photo_url(600)]


def test_a_photo_is_not_fetched_any_more_where_its_odai_page_opts_out_by_now(tmp_path: Path) -> None:
    job = Job(CrawlOptions(start=()), tmp_path)
    before, now = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    denied = odai_page(1, outcome="denied", odai_id=None, image_url=None, fetched_at=now)
    write(tmp_path, [odai_page(1, fetched_at=before), denied], [])
    with Tables(job) as tables:
        assert tables.is_complete()


def test_the_tables_and_the_queue_agree_on_the_order(tmp_path: Path) -> None:
    urls = [f"http://bokete.test{path}" for path in ("/odai/9", "/odai/10", "/odai/10?page=2", "/boke/hot",
            "/boke/hot?page=2", "/boke/7", "/odai/x")]  # fmt: skip
    for order, sign in (("newest", -1), ("oldest", 1)):
        job = Job(CrawlOptions(start=tuple(urls), order=order), tmp_path)  # type: ignore[arg-type]
        queue = PageQueue(sign)
        queue.fill(urls)
        with Tables(job) as tables:
            assert list(tables.due("pages", 99)) == [queue.pop() for _ in urls]


def test_what_does_not_fit_into_the_queue_is_found_again_in_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "CAPACITY", 3)
    job = Job(CrawlOptions(start=(), odai=("1-5",)), tmp_path)
    with Tables(job) as tables:
        found = frontier.Frontier(job, tables)
    given = []
    while True:
        while len(found.pages):
            given.append(found.pages.pop())
            write_page(tmp_path, given[-1], job, 0)
        if not found.needs_refill:
            break
        found.refill()
    assert sorted(given) == [f"http://bokete.test/odai/{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [(["list"], "bokete"), (["shell", "-c", "'works'"], "works")],
)
def test_scrapy_commands_work_from_the_root(command: list[str], expected: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "scrapy", *command], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert expected in run.stdout
    assert "ImportError" not in run.stderr


@pytest.mark.long
def test_scrapy_shell_fetches_a_page_of_the_site(site: str) -> None:
    command = [
        "shell",
        f"{site}/boke/recent",
        "-c",
        "(response.status, len(response.css('.boke a.boke-text')))",
    ]
    run = subprocess.run(
        [sys.executable, "-m", "scrapy", *command], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert "(200, 10)" in run.stdout, run.stderr


@pytest.mark.long
def test_scrapy_crawl_takes_a_pipelines_name(tmp_path: Path) -> None:
    (tmp_path / "scrapy.cfg").write_text((ROOT / "scrapy.cfg").read_text())
    (tmp_path / "pipelines.yaml").write_text(
        "pipelines: {demo: {crawl: {embedded: {photos: 3, captions_per_photo: 2}, delay: 0}}}"
    )
    run = subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "bokete", "-a", "pipeline=demo"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert len(pq.read_table(tmp_path / "data/demo/crawl/images").to_pylist()) == 3


def test_a_feed_and_the_archive_of_a_day_are_ways_in(site: str, tmp_path: Path) -> None:
    found = fetched(site, tmp_path, start=("/boke/popular/rss", "/boke/daily/20240101"), max_page_number=1)
    popular = CONTENT.listed("popular", 0)
    assert {f"/boke/{boke.boke_id}" for boke in popular} <= set(found)
    assert {f"/odai/{boke.odai_id}" for boke in (*popular, *CONTENT.listed("recent", 0))} <= set(found)
    assert "/boke/daily/20240101" in found


@pytest.mark.parametrize("delay", [0.0, 0.5, 0.99])
def test_a_delay_under_a_second_on_a_real_site_has_to_be_meant(delay: float, tmp_path: Path) -> None:
    real = CrawlOptions(site="https://bokete.jp", contact="me@example.org", delay=delay)
    with pytest.raises(UsageError, match=rf"crawl\.delay is {delay:g} seconds, .*crawl\.impolite=true"):
        Job(real, tmp_path).check()
    Job(real.model_copy(update={"impolite": True}), tmp_path).check()
    Job(real.model_copy(update={"delay": 1.0}), tmp_path).check()
    for local in ("embedded", "http://127.0.0.1:8000", "http://localhost:8000"):
        Job(CrawlOptions(site=local, delay=0), tmp_path).check()
