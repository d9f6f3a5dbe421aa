"""Pages that need a browser: the button under the list, pressed by a real Chromium."""

import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crawler.components.browser import executable
from crawler.options import CrawlOptions, EmbeddedSite
from crawler.reports.run_report import CrawlReport
from demo.content import EmbeddedSite as Content
from demo.site import running
from store.errors import SiteRefuses, UsageError, UserError
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, Answering, answering, photo_path
from tests.crawler.stage import crawl

PHOTOS, CAPTIONS, SEED = 3, 25, 6
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED), delay=0, concurrency=2
)


def browser_or_skip() -> None:
    try:
        executable()
    except UsageError as error:
        pytest.skip(str(error))


def bokes(directory: Path) -> dict[str, int]:
    rows = [row for path in directory.glob("pages/*") for row in pq.read_table(path).to_pylist()]
    return {row["url"].partition("/odai/")[2] or "list": len(row["bokes"]) for row in rows}


def test_chromium_presses_the_button_until_it_is_gone(tmp_path: Path) -> None:
    browser_or_skip()
    with running(PHOTOS, CAPTIONS, SEED, layout="next_2024") as address:
        options = OPTIONS.model_copy(update={"render": "chromium"})
        report = crawl(options, tmp_path, address=address, pipeline="demo")
    odai = [Content(PHOTOS, CAPTIONS, SEED).odai_bokes(photo, 1)[0].odai_id for photo in range(PHOTOS)]
    assert bokes(tmp_path) == {"list": PHOTOS * CAPTIONS} | {str(number): CAPTIONS for number in odai}
    assert (report.pages, report.photos) == ({"ok": PHOTOS + 1}, {"ok": PHOTOS})
    rows = [row for path in tmp_path.glob("pages/*") for row in pq.read_table(path).to_pylist()]
    assert not any(row["error"] for row in rows)


def test_without_a_browser_the_page_is_read_as_sent_and_marked(tmp_path: Path) -> None:
    with running(PHOTOS, CAPTIONS, SEED, layout="next_2024") as address:
        crawl(OPTIONS, tmp_path, address=address, pipeline="demo")
    rows = [row for path in tmp_path.glob("pages/*") for row in pq.read_table(path).to_pylist()]
    assert all(len(row["bokes"]) == 10 for row in rows)
    assert all(row["outcome"] == "ok" and "possibly incomplete" in row["error"] for row in rows)


def test_a_missing_browser_is_reported_with_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    options = OPTIONS.model_copy(update={"render": "chromium"})
    with pytest.raises(UsageError, match=r"there is no Chromium\. Install it: apt-get install chromium"):
        crawl(options, tmp_path, address=None, pipeline="demo")


def next_page(*bokes: int, more: str = "") -> Answer:
    """Return odai 5 in the markup since 2024, with a script that `more` gives for its button."""
    entries = "".join(
        f'<div><div><div><div><div></div><a href="/user/x"></a>'
        f'<a href="/boke/{number}"><h1>ボケ{number}</h1></a>'
        f'<div></div><div></div><div><div><a href="/boke/{number}">12</a></div>'
        f'<div><a href="/boke/{number}">3日前</a></div></div></div></div></div></div>'
        for number in bokes
    )
    photo = f'<a href="/odai/5"><figure><img src="{photo_path(5)}"></figure></a>'
    inside = '<a href="/pressed"><button>ボケる</button></a>'
    button = "<button onclick='press()'>もっと見る</button>" if more else ""
    return Answer(
        f'<html><body><div id="__next"><main><div><div>{photo}<div>{inside}</div></div>{entries}{button}'
        f"</div></main></div><script>async function press() {{ {more} }}</script></body></html>"
    )


FETCH = "await fetch('/more'); "


def crawled(
    tmp_path: Path, answers: dict[str, Callable[[], Answer]], **values: object
) -> tuple[Answering, CrawlReport | UserError, list[dict[str, object]]]:
    """Crawl odai 5 of a site with these answers, in Chromium; return the site, the end, and the rows."""
    browser_or_skip()
    a_photo = Answer(photo(1), headers={"Content-Type": "image/jpeg"})

    def answer(path: str, _: Message) -> Answer | None:
        return answers[path]() if path in answers else a_photo if path.startswith("/photo/") else None

    with answering(answer) as site:
        options = CrawlOptions.model_validate(
            {
                "site": site.address,
                "delay": 0,
                "pause": 0.05,
                "start": [],
                "odai": ["5"],
                "render": "chromium",
            }
            | {"image_hosts": [], **values},
            strict=False,
        )
        try:
            end: CrawlReport | UserError = crawl(options, tmp_path, address=None, pipeline="p")
        except UserError as error:
            end = error
        return site, end, rows(tmp_path, "pages")


@pytest.mark.long
def test_a_press_that_changes_the_address_is_undone_and_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = next_page(1, 2, more="location.href = '/odai/6';")
    site, _, (row,) = crawled(tmp_path, {"/odai/5": lambda: page, "/odai/6": lambda: next_page(61)})
    assert [boke["boke_id"] for boke in row["bokes"]] == [1, 2]  # type: ignore[attr-defined]
    assert (row["odai_id"], row["outcome"]) == (5, "ok")
    assert "possibly incomplete" in str(row["error"])
    assert "/odai/6: undone" in capfd.readouterr().err
    assert "/pressed" not in site.paths, "the button in a link is another"


@pytest.mark.long
def test_what_robots_txt_forbids_is_not_fetched_by_the_browser_either(tmp_path: Path) -> None:
    answers = {
        "/robots.txt": lambda: Answer("User-agent: *\nDisallow: /more\n"),
        "/odai/5": lambda: next_page(1, more=FETCH),
    }
    began = time.monotonic()
    site, report, (row,) = crawled(tmp_path, answers)
    assert "/more" not in site.paths
    assert "possibly incomplete" in str(row["error"])
    assert isinstance(report, CrawlReport)
    assert "Disallow: /more" in report.warnings[0]
    assert time.monotonic() - began < 25, "a press that is refused is not waited for"


@pytest.mark.long
@pytest.mark.parametrize("status", [403, 429])
def test_a_refusal_seen_in_the_browser_slows_the_host_and_stops_the_crawl(
    status: int, tmp_path: Path
) -> None:
    answers = {"/odai/5": lambda: next_page(1, more=FETCH), "/more": lambda: Answer("", status)}
    site, end, _ = crawled(tmp_path, answers, patience=2)
    assert isinstance(end, SiteRefuses)
    assert f"answers {status}, 2 times in a row" in str(end)
    assert site.paths.count("/more") == 2
