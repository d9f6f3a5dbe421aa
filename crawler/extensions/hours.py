"""Downloader middleware: outside `crawl.hours`, every request waits."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.components.exceptions import CrawlEnded
from crawler.components.session import Session, session_of
from crawler.opening_hours import ZONE, OpeningHours
from store.schema import JAPAN

_LOG = logging.getLogger(__name__)
_STEP = 1.0
"""Seconds between two looks at the clock: it may be set while a crawl waits, and a machine may sleep."""


class HoursMiddleware:
    """Holds requests back, those for robots.txt too; stands behind all other reasons to wait.

    Requests that wait take the places of all that may be under way, so the engine makes no more.
    """

    def __init__(self, crawler: Crawler, session: Session, hours: OpeningHours) -> None:
        self._crawler, self._session, self._hours = crawler, session, hours
        self._is_waiting = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl.

        Raises:
            NotConfigured: the settings name no hours; Scrapy then leaves it out.
        """
        session = session_of(crawler)
        if session.job.options.hours is None:
            raise NotConfigured
        return cls(crawler, session, OpeningHours.parse(session.job.options.hours))

    async def process_request(self, request: Request) -> None:
        """Wait until requests may be made; then return None, so that the engine goes on with this one.

        Raises:
            CrawlEnded: the crawl ends meanwhile. The engine does not download the request.
        """
        while left := self._hours.until_open(datetime.now(UTC)):
            self._say(left)
            await asyncio.sleep(min(left.total_seconds(), _STEP))
            if self._session.failure or not self._crawler.engine.running:
                raise CrawlEnded
        if self._is_waiting:
            self._is_waiting = False
            _LOG.warning("the crawl goes on: it is within crawl.hours (%s)", self._session.job.options.hours)

    def _say(self, left: timedelta) -> None:
        """Say once when the crawl goes on; the first of several requests does so for all."""
        if self._is_waiting:
            return
        self._is_waiting = True
        opens = datetime.now(JAPAN) + left
        _LOG.warning(
            "outside crawl.hours (%s): the crawl waits, and goes on at %s in %s, in %s",
            self._session.job.options.hours,
            f"{opens:%Y-%m-%d %H:%M:%S}",
            ZONE,
            timedelta(seconds=round(left.total_seconds())),
        )
