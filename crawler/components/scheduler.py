"""Scrapy's scheduler: gives out the frontier's addresses, and what Scrapy wants to fetch again."""

from collections import deque
from typing import Self, cast

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from crawler.spiders.bokete import BoketeSpider

_MOST_LATER = 100


class FrontierScheduler(BaseScheduler):
    """Redirects and repeats first, then photos, then pages, as far as the limits allow.

    A spider without a session, as `scrapy shell` starts one, fetches what it is told to.
    """

    def __init__(self, spider: BoketeSpider) -> None:
        self._spider = spider
        self._again: deque[Request] = deque()
        self._later: deque[Request] = deque()  # refused: another address first, to tell it from its host

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the scheduler of a crawl."""
        return cls(cast(BoketeSpider, crawler.spider))

    def has_pending_requests(self) -> bool:
        """Tell whether anything is left to fetch."""
        session = self._spider.session
        return bool(self._again or self._later) or (session is not None and session.wanted() is not None)

    def enqueue_request(self, request: Request) -> bool:
        """Take a request that Scrapy wants to be made (again)."""
        (self._later if "refused" in request.meta else self._again).append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the next request to make, if any."""
        if self._again or len(self._later) > _MOST_LATER:
            return (self._again or self._later).popleft()
        session = self._spider.session
        kind = session.wanted() if session else None
        if session and kind:
            return self._spider.request(session.give_out(kind), kind)
        return self._later.popleft() if self._later else None
