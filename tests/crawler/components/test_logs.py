"""Scrapy's lines about answers and rows: as ever at LOG_LEVEL DEBUG, and not even made above it."""

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter

from crawler.components.logs import QuietFormatter
from crawler.items import PhotoRow

REQUEST = Request("http://bokete.test/odai/1")
RESPONSE = Response(REQUEST.url, request=REQUEST)
SPIDER = Spider("bokete")


def test_whoever_asks_for_them_reads_them() -> None:
    asked = QuietFormatter("DEBUG")
    assert asked.crawled(REQUEST, RESPONSE, SPIDER) == LogFormatter().crawled(REQUEST, RESPONSE, SPIDER)
    assert asked.scraped({}, RESPONSE, SPIDER) == LogFormatter().scraped({}, RESPONSE, SPIDER)


def test_a_row_is_told_by_its_address_and_outcome_and_not_by_its_content() -> None:
    row = PhotoRow(
        url="http://bokete.test/1.jpg", outcome="error", error="HTTP status 500", bytes=b"x" * 9000
    )
    line = QuietFormatter("DEBUG").scraped(row, RESPONSE, SPIDER)
    assert line
    assert str(line["msg"]) % line["args"] == "Scraped http://bokete.test/1.jpg: error (HTTP status 500)"


def test_nobody_else_waits_for_them() -> None:
    for level in ("INFO", "WARNING"):
        assert QuietFormatter(level).crawled(REQUEST, RESPONSE, SPIDER) is None
        assert QuietFormatter(level).scraped({}, RESPONSE, SPIDER) is None
