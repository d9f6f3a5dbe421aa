"""What a person sees of a crawl: plain lines with the time left, a summary, and report.json."""

import json
import multiprocessing
import os
import re
from pathlib import Path
from typing import Any

import pytest

from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from demo.content import odai_id
from tests.crawler.stage import crawl

PHOTOS, CAPTIONS, SEED = 20, 25, 3
FAULTS = ["emoji", "opt-out-meta", "drift", "photo-404"]
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0,
    concurrency=4,
    max_drift=1,
)


def lines(site: str, directory: Path, **options: Any) -> list[str]:
    """Return what a crawl writes on standard error, where a log would get it."""
    job = Job(OPTIONS.model_copy(update=options), directory / "crawl", site)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=crawl_talking, args=(job, directory / "log"))
    process.start()
    process.join(60)
    return (directory / "log").read_text().splitlines()


def crawl_talking(job: Job, log: Path) -> None:
    """Crawl, with a line for every row rather than every ten seconds."""
    with log.open("w") as file:
        os.dup2(file.fileno(), 2)
    import store.progress
    from crawler.run import crawl

    store.progress.LOG_SECONDS = 0.0
    crawl(job)


@pytest.mark.long
def test_odai_by_number_have_an_end_that_the_log_counts_down_to(site: str, tmp_path: Path) -> None:
    first = odai_id(SEED, 0)
    found = lines(site, tmp_path, start=(), odai=(f"{first}-{first + 200}",))
    pattern = (
        r"crawl: ([\d,]+) of ([\d,]+) pages, [\d.,]+/s(, \d+:\d\d:\d\d left)?  photos \d+  boke shown \d+.*"
    )
    matched = [re.fullmatch(pattern, line) for line in found]
    assert all(matched), found
    counts = [(int(match[1]), int(match[2]), match[3]) for match in matched if match]
    assert counts[0][1] >= 201
    assert counts[-1][0] == counts[-1][1] > 201, "pages behind the first of an odai are counted in"
    assert all(done <= total for done, total, _ in counts)
    assert all(bool(left) == (0 < done < total) for done, total, left in counts)
    assert "  drift " in found[-1]
    assert "  denied " in found[-1]
    assert found[-1].endswith("queue 0")


def test_a_number_of_photos_is_an_end_too(site: str, tmp_path: Path) -> None:
    found = lines(site, tmp_path, max_photos=5)
    counting = (
        r"crawl: [1-4] of 5 photos, [\d.]+/s, \d:\d\d:\d\d left  pages \d+  boke shown \d+  .*queue \d+"
    )
    assert any(re.fullmatch(counting, line) for line in found), found
    assert found[-1].startswith("crawl: 5 of 5 photos, ")


@pytest.mark.long
def test_lists_without_a_limit_have_no_end_that_is_known(site: str, tmp_path: Path) -> None:
    found = lines(site, tmp_path)
    assert found
    assert not any(" of " in line or " left" in line for line in found)


def test_a_crawl_ends_with_a_summary_and_a_report(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = crawl(OPTIONS, tmp_path, address=site, pipeline="demo")
    written = json.loads((tmp_path / "report.json").read_text())
    assert written["pages"] == report.pages
    assert written["photos"] == report.photos
    assert report.pages.keys() == {"ok", "drift", "denied"}
    assert report.photos.keys() == {"ok", "missing"}
    assert written["bokes"] == PHOTOS * CAPTIONS
    assert (written["failure"], written["new_pages"]) == (None, report.pages)
    expected = rf"crawl: {report.pages['ok']} pages, {report.photos['ok']} photos, 500 boke, \d+ missing, .*"
    assert re.search(expected + r"drift, .* denied, .*; \d+ fetched in \d+ s", capsys.readouterr().out)
