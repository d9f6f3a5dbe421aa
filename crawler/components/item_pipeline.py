"""Scrapy's item pipeline: writes rows, and ends the crawl when they cannot be written."""

import asyncio
import gc
from collections.abc import Callable
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from twisted.internet.task import LoopingCall

from crawler.components.session import Session, session_of
from crawler.items import Row
from store.errors import UserError


class RowPipeline:
    """Writes each row, and commits tables whose rows have waited long enough."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._clock = LoopingCall(self._fail_session_on_error, session.writer.commit_due)
        self._closing: asyncio.Future[None] | None = None
        session.on_failure = self._close_spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the pipeline of a crawl."""
        return cls(crawler, session_of(crawler))

    def open_spider(self) -> None:
        """Start the clock that commits; the engine calls this before the first request."""
        # What is imported by now lives as long as the process: the garbage collector need not search it.
        gc.freeze()
        self._clock.start(min(1.0, self._session.job.options.shard_seconds), now=False)

    def close_spider(self) -> None:
        """Stop the clock; the engine calls this after the last item. The session commits what is left."""
        self._clock.stop()
        self._session.on_failure = lambda: None  # it is closing already
        gc.unfreeze()

    def process_item(self, item: Row) -> Row:
        """Write a row, and return it as it was written, for the pipelines and feeds that come after.

        A row that cannot be written makes the session fail, which closes the spider: of an error raised here
        alone Scrapy would only log it, and crawl on.

        Raises:
            DropItem: it was not written, so that no feed has what the tables lack.
        """
        written: list[Row] = []
        self._fail_session_on_error(lambda: written.append(self._session.append(item)))
        if not written:
            raise DropItem("the crawl is ending", log_level="DEBUG")
        return written[0]

    def _fail_session_on_error(self, step: Callable[[], None]) -> None:
        if self._session.failure is None:
            try:
                step()
            except UserError as error:
                self._session.fail(error)

    def _close_spider(self) -> None:
        # The event loop keeps only weak references to tasks: without the attribute it could be collected.
        self._closing = asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="failed"))
