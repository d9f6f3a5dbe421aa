"""Chromium goes through the crawl's proxy too, with its password, and nothing of its own does."""

import base64
from email.message import Message
from pathlib import Path

import pytest

from crawler.options import CrawlOptions
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, answering
from tests.crawler.components.test_browser import FETCH, browser_or_skip, next_page
from tests.crawler.network.forward_proxy import proxying
from tests.crawler.stage import crawl

PAGE = next_page(1, more=FETCH + "document.querySelector('button[onclick]').remove();")


def answer(path: str, _: Message) -> Answer | None:
    if path.startswith("/photo"):
        return Answer(photo(1), headers={"Content-Type": "image/jpeg"})
    return {"/odai/5": PAGE, "/more": Answer("x")}.get(path)


@pytest.mark.long
def test_a_page_is_read_through_the_proxy_and_the_browsers_makers_hear_nothing(tmp_path: Path) -> None:
    browser_or_skip()
    key = "Basic " + base64.b64encode(b"me:secret").decode()
    with (
        answering(answer) as site,
        proxying({"bokete.test:80": site.port}, password=key) as proxy,
    ):
        values = {"site": "http://bokete.test", "start": [], "odai": ["5"], "contact": "me@example.org"}
        quick = {"delay": 0, "impolite": True, "pause": 0.1, "image_hosts": [], "timeout": 20}
        through = {"render": "chromium", "proxy": f"http://me:secret@127.0.0.1:{proxy.port}"}
        options = CrawlOptions.model_validate({**values, **quick, **through}, strict=False)
        crawl(options, tmp_path, address=None, pipeline="p")
    (row,) = rows(tmp_path, "pages")
    assert (row["outcome"], row["error"]) == ("ok", None)
    assert "/more" in site.paths
    assert all(" http://bokete.test/" in line for line, _ in proxy.lines), proxy.lines
    assert {given for _, given in proxy.lines} <= {key, ""}, "Chromium waits to be asked for it"
    assert not any("Proxy-Authorization" in headers for _, headers in site.asked)
