"""The crawl stage over real HTTP, against the embedded site in another process."""

import fcntl
from pathlib import Path

import pytest

from crawler.components.session import Session
from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from demo.content import EmbeddedSite as Content
from store.errors import Unexpected, UsageError, UserError
from store.processes import lock
from store.schema import IMAGES, PAGES
from tests.crawl_tables import rows
from tests.crawler.stage import crawl, is_complete

PHOTOS, CAPTIONS, SEED = 12, 3, 5
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED), delay=0, concurrency=8
)


@pytest.fixture(scope="module")
def crawled(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("crawl") / "demo" / "crawl"
    crawl(OPTIONS, directory, address=site, pipeline="demo")
    return directory


def test_every_photo_and_every_caption_of_the_site_is_fetched_once(crawled: Path) -> None:
    content = Content(PHOTOS, CAPTIONS, SEED)
    pages, images = rows(crawled, "pages"), rows(crawled, "images")
    assert len({row["url"] for row in pages}) == len(pages)
    assert len({row["url"] for row in images}) == len(images) == PHOTOS
    found = {boke["boke_id"]: boke for page in pages for boke in page["bokes"] if page["odai_id"]}
    expected = {boke.boke_id: boke for photo in range(PHOTOS) for boke in content.odai_bokes(photo, 1)}
    assert {
        key: (boke["text"], boke["stars"], boke["raters"], boke["category"]) for key, boke in found.items()
    } == {key: (boke.text, boke.stars, boke.raters, boke.category) for key, boke in expected.items()}


def test_every_column_that_the_markup_has_is_filled(crawled: Path) -> None:
    page = next(row for row in rows(crawled, "pages") if row["odai_id"])
    unknown = ("error", "kind", "last_modified")
    assert all(page[name] is not None for name in PAGES.names if name not in unknown)
    assert page["outcome"] == "ok"
    assert page["layout"] == "angular_2020"
    image = rows(crawled, "images")[0]
    assert all(image[name] is not None for name in IMAGES.names if name not in ("error", "rights"))
    assert image["format"] == "jpeg"
    origin = ("embedded", "MIT")  # drawn by Bokeru, so under its licence
    assert (page["source"], page["licence"]) == (image["source"], image["licence"]) == origin
    assert image["credit"] == "Bokeru"


def test_addresses_are_those_of_the_fixed_host_so_that_another_port_knows_them(crawled: Path) -> None:
    assert all(str(row["url"]).startswith("http://bokete.test/") for row in rows(crawled, "pages"))
    assert all(str(row["url"]).startswith("http://photo.bokete.test/") for row in rows(crawled, "images"))


def test_a_complete_crawl_is_known_without_starting_anything(crawled: Path, tmp_path: Path) -> None:
    assert is_complete(OPTIONS, crawled)
    assert not is_complete(OPTIONS, tmp_path / "crawl")


def test_max_pages_and_max_photos_are_exact(site: str, tmp_path: Path) -> None:
    options = OPTIONS.model_copy(update={"max_pages": 3})
    for run in (1, 2):
        crawl(options, tmp_path / "a", address=site, pipeline="demo")
        assert len(rows(tmp_path / "a", "pages")) == 3 * run, "max_pages counts the pages of a run"
    options = OPTIONS.model_copy(update={"max_photos": 5})
    crawl(options, tmp_path / "b", address=site, pipeline="demo")
    assert len(rows(tmp_path / "b", "images")) == 5
    assert is_complete(options, tmp_path / "b")


def test_a_damaged_shard_is_reported_before_anything_starts(tmp_path: Path) -> None:
    shard = tmp_path / "pages" / "pages-1.parquet"
    shard.parent.mkdir()
    shard.write_bytes(b"PAR1 no more")
    with pytest.raises(Unexpected, match=r"pages-1\.parquet is damaged"):
        crawl(OPTIONS, tmp_path, address=None, pipeline="demo")


def test_a_real_crawl_needs_a_contact(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"crawl\.contact is empty.*bokete\.jp"):
        crawl(CrawlOptions(site="https://bokete.jp"), tmp_path, address=None, pipeline="bokete")


def test_a_second_crawl_says_who_holds_the_lock(
    tmp_path: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with (tmp_path / ".lock").open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        holder.write("process 42 on elsewhere")
        holder.flush()
        with pytest.raises(UserError, match=r"is crawling .*: process 42 on elsewhere"):
            Session(Job(OPTIONS, tmp_path, site, "demo")).__enter__()
