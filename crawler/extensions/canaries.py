"""Scrapy extension: asks for a canary before the first request, and for one every 1,000 pages.

Canaries are no part of the crawl's own pages: they count for no limit, and get no row. Their requests pass
the same middlewares as any other, so robots.txt, delays and pauses hold for them.
"""

import asyncio
from collections import deque
from inspect import isawaitable
from typing import Any, Self, cast

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.canaries.canary import NAME, Canary, as_rows
from crawler.canaries.check import Check, Reply
from crawler.components.exceptions import CrawlEnded, Denied, HostNotAllowed
from crawler.components.session import Session, session_of
from crawler.items import Page, PageRow
from crawler.network.transport import in_words
from crawler.parsing.parse import page_row
from crawler.spiders.bokete import BoketeSpider
from store.errors import UserError
from store.schema import CANARIES

EVERY = 1_000
"""Pages after which the next canary is asked for."""
ASKED_FOR = "canary"
"""The key in `meta` of a canary's request."""


class Canaries:
    """Compares known boke with what their pages say now; two wrong fields end the crawl."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._canaries = deque(session.canaries)
        # Another one comes first each time, without a memory of its own.
        self._canaries.rotate(-int(session.job.started.timestamp()) % len(self._canaries))
        self._pages = 0
        self._first: asyncio.Future[None] | None = None
        self._later: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the extension of a crawl that has canaries.

        Raises:
            NotConfigured: it has none.
        """
        session = session_of(crawler)
        if not session.canaries:
            raise NotConfigured
        canaries = cls(crawler, session)
        crawler.signals.connect(canaries.item_scraped, signals.item_scraped)
        crawler.signals.connect(canaries.spider_closed, signals.spider_closed)
        return canaries

    async def before_first(self) -> None:
        """Wait until the first check is over; the request that comes first begins it.

        Raises:
            CrawlEnded: it says that pages are not read rightly, or the crawl ends meanwhile.
        """
        if self._first is None:
            self._first = asyncio.ensure_future(self._check())
        if not self._first.done():
            # Shielded: several requests wait for the one check, and each of them may be cancelled.
            await asyncio.shield(self._first)
        if self._session.failure or not self._crawler.engine.running:
            raise CrawlEnded

    def item_scraped(self, item: Any) -> None:
        """Count a page, and begin the next check where it is time for one."""
        if not isinstance(item, PageRow):
            return
        self._pages += 1
        is_checking = self._later is not None and not self._later.done()
        if self._pages % EVERY == 0 and not is_checking and self._canaries:
            self._later = asyncio.ensure_future(self._check())

    def spider_closed(self) -> None:
        """Leave a check that is still waiting for something."""
        for check in (self._first, self._later):
            if check and not check.done():
                check.cancel()

    async def _check(self) -> None:
        check = Check(self._session.job, self._pages)
        try:
            for canary in tuple(self._canaries):
                self._canaries.rotate(-1)
                if check.add(canary, await self._ask(canary)):
                    break
            self._conclude(check)
        except CrawlEnded:
            return
        except UserError as error:  # the file of canaries cannot be written
            self._session.fail(error)

    def _conclude(self, check: Check) -> None:
        if check.failure:
            self._session.fail(check.failure)
            return
        if check.has_agreed:
            self._pages = 0
        for notice in check.notices:
            self._session.warn(notice)
        if gone := {canary for canary, _ in check.dropped}:
            kept = [canary for canary in self._session.canaries if canary not in gone]
            self._session.canaries = kept
            self._canaries = deque(canary for canary in self._canaries if canary not in gone)
            self._session.writer.write_beside(NAME, CANARIES, as_rows(kept))
            if not kept:
                self._session.warn(check.none_left)

    async def _ask(self, canary: Canary) -> Reply:
        """Return what comes for a canary's page, read as any page is.

        Raises:
            CrawlEnded: the crawl ends meanwhile.
        """
        spider = cast(BoketeSpider, self._crawler.spider)
        request = spider.request(canary.url, "pages")
        request.meta[ASKED_FOR] = True
        try:
            while True:
                response = await self._crawler.engine.download_async(request)
                found = spider.parse_page(response)
                page = await found if isawaitable(found) else found
                if not isinstance(page, Request):
                    return _reply(page, response.url)
                request = page  # once more, or in a browser
        except CrawlEnded:
            raise
        except Denied as error:
            return Reply("closed", reason=str(error))
        except HostNotAllowed as error:
            page = page_row(canary.url, self._session.job.started, Page("error", str(error)), None)
            return Reply("page", page, error.origin)
        except Exception as error:
            return Reply("silent", reason=in_words(error))


def _reply(page: PageRow, address: str) -> Reply:
    """Return a page as a reply; an error page of the site's, or with another status, says nothing."""
    is_trouble = page["status"] != 200 or page["layout"] is not None
    if page["outcome"] == "error" and is_trouble:
        return Reply("silent", reason=str(page["error"]))
    return Reply("page", page, address)


class CanaryGate:
    """Downloader middleware: lets nothing out before the first check is over."""

    def __init__(self, canaries: Canaries) -> None:
        self._canaries = canaries

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl that has canaries.

        Raises:
            NotConfigured: it has none.
        """
        canaries = crawler.get_extension(Canaries)
        if canaries is None:
            raise NotConfigured
        return cls(canaries)

    async def process_request(self, request: Request) -> None:
        """Return None, so that the engine goes on, once a canary has agreed.

        Raises:
            CrawlEnded: it ends the crawl instead.
        """
        if "robots" not in request.meta and ASKED_FOR not in request.meta:
            await self._canaries.before_first()
