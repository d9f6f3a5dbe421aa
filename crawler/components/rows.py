"""Scrapy's item pipeline: puts rows into the store, and ends the crawl where that is impossible."""

import asyncio
import gc
from collections.abc import Callable
from typing import Self

from scrapy.crawler import Crawler
from twisted.internet.task import LoopingCall

from crawler.components.session import Session, session_of
from crawler.items import PageRow, PhotoRow
from store.errors import UserError


class RowPipeline:
    """Stores each row, and commits those that have waited long enough."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._clock = LoopingCall(self._guarded, session.store.commit_due)
        self._closing: asyncio.Future[None] | None = None
        session.on_failure = self._close

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the pipeline of a crawl."""
        return cls(crawler, session_of(crawler))

    def open_spider(self) -> None:
        """Start the clock; what is loaded by now stays, so searches for garbage can leave it out."""
        gc.freeze()
        self._clock.start(min(1.0, self._session.job.options.shard_seconds), now=False)

    def close_spider(self) -> None:
        """Stop the clock."""
        self._clock.stop()
        gc.unfreeze()

    def process_item(self, item: PageRow | PhotoRow) -> PageRow | PhotoRow:
        """Store a row."""
        self._guarded(lambda: self._session.append(item))
        return item

    def _guarded(self, step: Callable[[], None]) -> None:
        if self._session.failure is None:
            try:
                step()
            except UserError as error:
                self._session.fail(error)

    def _close(self) -> None:
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="failed"))
