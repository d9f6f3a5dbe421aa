"""Scrapy's scheduler: hands out the frontier's addresses, and requests that are to be made again."""

from collections import deque
from typing import Self, cast

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from crawler.spiders.bokete import BoketeSpider

_MAX_REFUSED = 100
"""How many refused requests may wait; beyond that, they are made before new addresses."""


class FrontierScheduler(BaseScheduler):
    """Redirects and retries first, then photos, then pages, as far as the limits of the settings allow.

    A spider without a session, as `scrapy shell` starts one, fetches only what it is asked to.
    """

    def __init__(self, spider: BoketeSpider) -> None:
        self._spider = spider
        self._retries: deque[Request] = deque()
        # Another address goes first: its answer tells whether the host refuses one address, or everything.
        self._refused: deque[Request] = deque()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the scheduler of a crawl."""
        return cls(cast(BoketeSpider, crawler.spider))

    def has_pending_requests(self) -> bool:
        """Return whether anything is left to fetch.

        On False, the engine closes the spider as `finished` as soon as no request is under way. On True, it
        goes on calling `next_request`.
        """
        session = self._spider.session
        return bool(self._retries or self._refused) or (
            session is not None and session.next_kind() is not None
        )

    def enqueue_request(self, request: Request) -> bool:
        """Keep a request that a middleware or callback returned: a redirect, a retry, a refused address.

        Always returns True: on False, the engine would drop the request, and its address would get no row.
        """
        (self._refused if "refused" in request.meta else self._retries).append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the next request to download; an address counts as under way from here on.

        On None, the engine downloads nothing now, and asks again once an answer has come, or after five
        seconds.
        """
        if self._retries or len(self._refused) > _MAX_REFUSED:
            return (self._retries or self._refused).popleft()
        session = self._spider.session
        kind = session.next_kind() if session else None
        if session and kind:
            address = session.next_address(kind)
            frontier = session.frontier
            return self._spider.request(address, kind, frontier.shown_on(address), frontier.last_row(address))
        return self._refused.popleft() if self._refused else None
