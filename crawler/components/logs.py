"""Scrapy's log lines about every response and row, made only if the log level shows them."""

import logging
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from crawler.items import PageRow, PhotoRow


class QuietFormatter(LogFormatter):
    """Formats as Scrapy's own does, but only at LOG_LEVEL DEBUG: Scrapy makes each line, then drops it."""

    def __init__(self, level: str) -> None:
        self._is_read = logging.getLevelNamesMapping().get(level, 0) <= logging.DEBUG

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the formatter of a crawl."""
        return cls(crawler.settings.get("LOG_LEVEL"))

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        """Return the line about a response; on None, Scrapy logs nothing."""
        return super().crawled(request, response, spider) if self._is_read else None

    def scraped(  # type: ignore[override]
        self, item: Any, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult | None:
        """Return the line about a row; on None, Scrapy logs nothing.

        A whole row would be the photo's bytes, or all boke of a page.
        """
        if not self._is_read:
            return None
        if not isinstance(item, PageRow | PhotoRow):
            return super().scraped(item, response, spider)
        reason = f" ({item['error']})" if item["error"] else ""
        return {
            "level": logging.DEBUG,
            "msg": "Scraped %s",
            "args": (f"{item['url']}: {item['outcome']}{reason}",),
        }
