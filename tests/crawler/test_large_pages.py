"""A page that takes long to parse holds up nothing else, and is left where it takes too long."""

import asyncio
import inspect
import time
from email.message import Message
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from crawler.items import PageRow
from crawler.options import CrawlOptions
from crawler.spiders import bokete
from store.errors import UserError
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, answering, odai_page
from tests.crawler.stage import crawl

JPEG = Answer(photo(1), headers={"Content-Type": "image/jpeg"})
MANY = " ".join(f"a{number}=1" for number in range(100_000))


def test_a_page_of_100000_attributes_is_read_like_any_other(tmp_path: Path) -> None:
    def answer(path: str, headers: Message) -> Answer | None:
        if path.startswith("/photo/"):
            return JPEG
        if not path.startswith("/odai/"):
            return None
        page = odai_page(int(path.rpartition("/")[2]))
        return Answer(str(page.body).replace("<body>", f"<body {MANY}>"))

    with answering(answer) as site:
        options = CrawlOptions(site=site.address, start=(), odai=("1-3",), delay=0, image_hosts=())
        started = time.monotonic()
        crawl(options, tmp_path, address=None, pipeline="p")
        assert time.monotonic() - started < 20, "uncut, they take 66 s"
    assert [row["outcome"] for row in rows(tmp_path, "pages")] == ["ok"] * 3


def test_what_robots_txt_leads_to_is_named_where_it_is_not_a_host_of_the_site(tmp_path: Path) -> None:
    def answer(path: str, headers: Message) -> Answer | None:
        return Answer("", 301, {"Location": "http://www.bokete.example/robots.txt"})

    with answering(answer) as site:
        options = CrawlOptions(site=site.address, delay=0, image_hosts=())
        with pytest.raises(
            UserError, match=r"leads to http://www\.bokete\.example.* set crawl\.site to http"
        ):
            crawl(options, tmp_path, address=None, pipeline="p")


def test_a_page_that_takes_too_long_is_left_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bokete, "PARSING_SECONDS", 0.05)
    monkeypatch.setattr(bokete, "answer_row", lambda *_, **__: time.sleep(0.5))
    address = "http://bokete.test/odai/1"
    request = Request(address, meta={"address": address})
    response = HtmlResponse(address, body=b"x" * 2**20, request=request)

    async def parsed() -> object:
        result = bokete.BoketeSpider().parse_page(response)
        assert inspect.isawaitable(result), "the crawl goes on meanwhile"
        return await result

    row = asyncio.run(parsed())
    assert isinstance(row, PageRow)
    assert (row["outcome"], row["url"]) == ("drift", address)
    assert row["error"] == "parsing its 1.0 megabytes takes more than 0.05 seconds"
