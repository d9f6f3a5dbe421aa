"""Scrapy extension: ends a crawl whose time is over, or whose disk is nearly full."""

import time
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from twisted.internet.task import LoopingCall

from crawler.components.session import Session, session_of
from store.errors import TimeIsOver, TooLittleRoom

_STEP = 1.0
"""Seconds between two looks; one costs some microseconds."""


class Limits:
    """Looks every second at `crawl.max_hours` and `crawl.min_free_gb`; what was fetched is committed."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._clock = LoopingCall(self._check)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl, and connect it to Scrapy's signals."""
        limits = cls(crawler, session_of(crawler))
        crawler.signals.connect(limits.engine_started, signals.engine_started)
        crawler.signals.connect(limits.spider_closed, signals.spider_closed)
        return limits

    def engine_started(self) -> None:
        """Begin to look."""
        self._clock.start(_STEP, now=False)

    def spider_closed(self) -> None:
        """Look no more."""
        if self._clock.running:
            self._clock.stop()

    def _check(self) -> None:
        try:
            self._session.job.room.check()
        except TooLittleRoom as error:
            self._session.fail(error)
        hours = self._session.job.options.max_hours
        if hours is not None and time.monotonic() - self._session.started >= hours * 3600:
            self._end(hours)

    def _end(self, hours: float) -> None:
        if self._crawler.engine and not self._crawler.engine.spider_is_idle():
            self._session.fail(
                TimeIsOver(
                    f"crawl.max_hours ({hours:g}) are over, and addresses are left to fetch. What was "
                    f"fetched is kept; go on with: {self._session.job.command}"
                )
            )
