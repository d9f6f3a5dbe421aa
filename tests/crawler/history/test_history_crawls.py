"""Crawls of a site that changes between them: what the history keeps, and when it raises the alarm."""

import re
import shutil
from collections.abc import Iterator
from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console

from crawler.history.accept import accept
from crawler.history.history import load_history
from crawler.history.show import show
from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from demo.serving.responses import Response
from store.errors import Unexpected, UserError
from store.register.crawl_runs import NAME
from tests.crawl_tables import rows
from tests.crawler.changed_site import ChangedSite, changed_site, in_html, unchanged
from tests.crawler.stage import crawl

PHOTOS, CAPTIONS, SEED = 55, 8, 9
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    start=("/odai/popular",),
    delay=0,
    concurrency=4,
)


@pytest.fixture(scope="module")
def site() -> Iterator[ChangedSite]:
    with changed_site(PHOTOS, CAPTIONS, SEED) as served:
        yield served


def half(html: str) -> str:
    """Leave every second entry out, as a page without them is: valid, and with half of the boke."""
    number = count()
    entry = r'<div class="boke">\n<a class="boke-text".*?</div>\n</div>\n'
    return re.sub(entry, lambda found: "" if next(number) % 2 else found[0], html, flags=re.S)


def again(directory: Path, site: ChangedSite, **options: object) -> None:
    """Crawl the whole site anew, beside the history of the crawls before."""
    for table in ("pages", "images", "left_out"):
        shutil.rmtree(directory / table, ignore_errors=True)
    crawl(OPTIONS.model_copy(update=options), directory, address=site.address, pipeline="demo")


@pytest.fixture(scope="module")
def thrice(site: ChangedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("thrice") / "demo" / "crawl"
    for _ in range(3):
        again(directory, site)
    return directory


@pytest.fixture
def directory(thrice: Path, site: ChangedSite, tmp_path: Path) -> Iterator[Path]:
    yield shutil.copytree(thrice, tmp_path / "demo" / "crawl")
    site.change = unchanged


def test_each_run_has_a_row_with_what_it_measured(thrice: Path) -> None:
    runs = load_history(Job(OPTIONS, thrice))
    assert [run["started"] for run in runs] == sorted(run["started"] for run in runs)
    assert len(runs) == 3
    for run in runs:
        assert (run["status"], run["failure"], run["alarm"]) == (0, None, None)
        assert run["started"] <= run["ended"]  # in whole seconds
        pages = rows(thrice, "pages")
        assert run["pages"] == {"ok": len(pages)}
        assert run["photos"] == {"ok": PHOTOS}
        assert run["bokes_per_odai"] == CAPTIONS
        assert (run["with_stars"], run["with_posted"], run["with_photo"]) == (1, 1, 1)
        assert run["responses"]["pages/200"] == len(pages)
        assert run["bytes"] > 10_000
        assert 0 < run["latency_p50"] <= run["latency_p90"] <= run["latency_p99"]
        assert sum(stretch["pages"] for stretch in run["stretches"]) == len(pages)


def test_half_the_boke_on_valid_pages_is_an_alarm_and_may_be_accepted(
    directory: Path, site: ChangedSite
) -> None:
    site.change = in_html(half, "/odai/5")
    with pytest.raises(Unexpected, match=r"boke a page of an odai: 4\.00 on") as caught:
        again(directory, site)
    assert {row["outcome"] for row in rows(directory, "pages")} == {"ok"}
    assert "bokeru history --pipeline demo" in str(caught.value)
    assert "--accept" in str(caught.value)
    with pytest.raises(Unexpected, match="not like the ones before"):
        again(directory, site)
    job = Job(OPTIONS, directory)
    console = Console(file=StringIO(), width=80)
    show(load_history(job), 20, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.count("alarm: boke a page of an odai: 4.00 on") == 2
    assert "4.00 (median before: 8.00)" in shown
    assert [run["status"] for run in load_history(job)] == [0, 0, 0, 5, 5]
    accepted = accept(job)
    assert accepted
    assert accept(job) is None
    again(directory, site)
    assert load_history(job)[-1]["status"] == 0


@pytest.mark.long
def test_stars_that_some_pages_lack_are_an_alarm(directory: Path, site: ChangedSite) -> None:
    def without(html: str) -> str:
        return re.sub("</i> [\\d,]+</a>", "</i> </a>", html, count=4)

    site.change = in_html(without, "/odai/5")
    with pytest.raises(Unexpected, match=r"share of boke with stars: 0\.5\d on"):
        again(directory, site)


@pytest.mark.long
def test_a_run_like_the_others_or_with_other_settings_raises_none(directory: Path, site: ChangedSite) -> None:
    again(directory, site)
    site.change = in_html(half, "/odai/5")
    again(directory, site, order="oldest")
    assert [run["alarm"] for run in load_history(Job(OPTIONS, directory))] == [None] * 5
    assert len({run["scope"] for run in load_history(Job(OPTIONS, directory))}) == 2


def test_a_failed_run_is_in_the_history(tmp_path: Path, site: ChangedSite) -> None:
    site.change = lambda target, answer: (
        Response(200, b"User-agent: *\nDisallow: /\n", "text/plain") if "robots" in target else answer
    )
    with pytest.raises(UserError):
        crawl(OPTIONS, tmp_path / "crawl", address=site.address, pipeline="demo")
    site.change = unchanged
    (run,) = load_history(Job(OPTIONS, tmp_path / "crawl"))
    assert run["status"] == 4
    assert "robots.txt" in run["failure"]
    assert run["stretches"] == []


@pytest.mark.parametrize("content", [b"", pytest.param(b"no table at all", marks=pytest.mark.long)])
def test_a_damaged_history_is_named_before_anything_is_fetched(
    content: bytes, tmp_path: Path, site: ChangedSite
) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / NAME).write_bytes(content)
    site.asked.clear()
    with pytest.raises(Unexpected, match=r"history\.parquet is damaged.*delete it"):
        crawl(OPTIONS, tmp_path / "crawl", address=site.address, pipeline="demo")
    assert not site.asked
    assert (tmp_path / "crawl" / NAME).read_bytes() == content
