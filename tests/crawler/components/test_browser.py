"""Pages that need a browser: the button under the list, pressed by a real Chromium."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crawler.components.browser import executable
from crawler.crawl import crawl
from crawler.options import CrawlOptions, EmbeddedSite
from demo.content import EmbeddedSite as Content
from demo.site import running
from store.errors import UsageError

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
