"""Scrapy's scheduler: hands out the frontier's addresses, and requests that are to be made again."""

from collections import deque
from collections.abc import Callable
from typing import Self, cast

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from crawler.components.exceptions import SCHEDULED
from crawler.retries.again import was_tried
from crawler.spiders.bokete import BoketeSpider

_MAX_LATER = 100
"""How many requests may wait to be made again; beyond that, they are made before new addresses."""


class FrontierScheduler(BaseScheduler):
    """Redirects first, then photos, then pages, as far as the limits allow, then what is asked for again.

    What goes to a host that is left alone waits here, where it takes up no request of `concurrency`. A spider
    without a session, as `scrapy shell` starts one, fetches only what it is asked to.
    """

    def __init__(self, spider: BoketeSpider) -> None:
        self._spider = spider
        self._first: deque[Request] = deque()
        # Another address goes first: its answer tells whether the host refuses one address, or everything.
        self._later: deque[Request] = deque()

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
        return bool(self._first or self._later) or (
            session is not None and session.next_kind(now=False) is not None
        )

    def enqueue_request(self, request: Request) -> bool:
        """Keep a request that a middleware or callback returned: a redirect, or one to be made again.

        Always returns True: on False, the engine would drop the request, and its address would get no row.
        """
        (self._later if was_tried(request) else self._first).append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the next request to download; an address counts as under way from here on.

        On None, the engine downloads nothing now, and asks again once an answer has come, a pause is over, or
        after five seconds.
        """
        request = self._next()
        if request is not None:
            request.meta[SCHEDULED] = True
        return request

    def _next(self) -> Request | None:
        session = self._spider.session
        if session is None:
            return _pop(self._first) or _pop(self._later)
        hosts = session.hosts
        if request := _pop(self._first, hosts.is_open) or _pop(self._later, hosts.wants_again):
            return request
        if len(self._later) > _MAX_LATER and (request := _pop(self._later, hosts.is_open)):
            return request
        if kind := session.next_kind():
            address = session.next_address(kind)
            frontier = session.frontier
            return self._spider.request(address, kind, frontier.shown_on(address), frontier.last_row(address))
        return _pop(self._later, hosts.is_open)


def _pop(waiting: deque[Request], is_due: Callable[[str], bool] = lambda url: True) -> Request | None:
    """Remove and return the first request whose address is due; None if there is none."""
    for place, request in enumerate(waiting):
        if is_due(request.url):
            del waiting[place]
            return request
    return None
