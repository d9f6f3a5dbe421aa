"""Scrapy extension: measures a run's pages, and ends it where they are not like those of earlier runs."""

from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.components.session import Session, session_of
from crawler.items import PageRow


class HistoryKeeper:
    """Hands each page to the session's history; the session writes it when the run has ended."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl, and connect it to Scrapy's signals."""
        keeper = cls(session_of(crawler))
        crawler.signals.connect(keeper.item_scraped, signals.item_scraped)
        crawler.signals.connect(keeper.spider_closed, signals.spider_closed)
        return keeper

    def item_scraped(self, item: Any) -> None:
        """Add a page, as it was written."""
        if isinstance(item, PageRow) and (failure := self._session.history.add(item)):
            self._session.fail(failure)

    def spider_closed(self) -> None:
        """Compare the last stretch."""
        failure = self._session.history.end()
        if failure and self._session.failure is None:
            self._session.failure = failure  # the spider is closing: there is nothing more to end
