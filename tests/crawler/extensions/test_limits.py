"""A crawl ends when its time is over or its disk nearly full, and the same command goes on from there."""

import os
import time
from pathlib import Path

import pytest

from crawler.options import CrawlOptions, EmbeddedSite
from store.errors import TimeIsOver, TooLittleRoom
from store.processes.room import GB
from tests.crawl_tables import rows
from tests.crawler.stage import crawl, is_complete
from tests.small_disk import SmallDisk

OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=30, captions_per_photo=3, seed=5),
    delay=0,
    concurrency=4,
    min_free_gb=0,
    shard_rows=5,
)
SECONDS = 1 / 3600
"""One, in hours."""


def run(site: str, directory: Path, **settings: object) -> None:
    crawl(OPTIONS.model_copy(update=settings), directory, address=site, pipeline="demo")


@pytest.mark.long
def test_a_crawl_whose_time_is_over_keeps_what_it_has_and_goes_on(site: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TimeIsOver, match=r"max_hours \(0\.0008\) are over.*go on with: bokeru crawl"):
        run(site, tmp_path, delay=0.2, max_hours=0.0008)
    assert time.monotonic() - started > 0.0008 / SECONDS
    first = {row["url"] for row in rows(tmp_path, "pages")}
    assert first
    assert not is_complete(OPTIONS, tmp_path)
    run(site, tmp_path, max_hours=1.0)  # nothing is left when it ends: no failure
    urls = [row["url"] for row in rows(tmp_path, "pages")]
    assert first < set(urls)
    assert len(urls) == len(set(urls))
    assert len(rows(tmp_path, "images")) == 30


def test_a_crawl_ends_before_the_disk_is_full_and_goes_on_once_there_is_room(
    site: str, small_disk: SmallDisk
) -> None:
    disk, keeps = small_disk(2048), 1.5e6
    with pytest.raises(TooLittleRoom, match=r"GB free, too little for crawl: min_free_gb keeps 0\.0015"):
        run(site, disk / "crawl", delay=0.1, min_free_gb=keeps / GB)
    free = os.statvfs(disk)
    assert 0 < free.f_bavail * free.f_frsize < keeps
    kept = rows(disk / "crawl", "images")
    assert 0 < len(kept) < 30
    with pytest.raises(TooLittleRoom):  # nothing is asked for, and nothing written
        run(site, disk / "crawl", min_free_gb=keeps / GB)
    assert rows(disk / "crawl", "images") == kept
    small_disk(64 * 1024)
    run(site, disk / "crawl", min_free_gb=keeps / GB)
    urls = [row["url"] for row in rows(disk / "crawl", "images")]
    assert len(urls) == len(set(urls)) == 30
