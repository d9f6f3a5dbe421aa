"""The requests that a page makes in the browser: robots.txt and a host's refusals hold for them, too.

They do not pass Scrapy's middlewares; so the browser asks those of the crawl before each, and reports what
was answered.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from scrapy.crawler import Crawler

from crawler.components.browser import is_needed
from crawler.components.exceptions import CrawlEnded
from crawler.components.robots import RobotsMiddleware
from crawler.components.session import Session

if TYPE_CHECKING:
    from playwright.async_api import Request as BrowserRequest


def abort_request(crawler: Crawler, session: Session) -> "Callable[[BrowserRequest], Awaitable[bool]]":
    """Return what tells whether the browser must not make a request, for PLAYWRIGHT_ABORT_REQUEST.

    It is a closure, since Scrapy copies settings deeply.
    """

    async def is_aborted(request: "BrowserRequest") -> bool:
        robots = crawler.get_downloader_middleware(RobotsMiddleware)
        if not is_needed(request, session.job.hosts) or robots is None:
            return True
        try:
            if denied := await robots.refusal(request.url):
                session.warn(f"a request that a page makes in the browser is not made: {denied}")
                return True
            await session.hosts.wait(request.url)
        except CrawlEnded:
            return True
        return False

    return is_aborted
