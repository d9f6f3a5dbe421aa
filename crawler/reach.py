"""Where the crawl may go: the site's own hosts and those of its photos."""

from typing import Self, cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured

from crawler.session import Session
from crawler.spiders.bokete import SLOT, BoketeSpider


class ReachMiddleware:
    """Checks every request, those that redirects and robots.txt cause among them."""

    def __init__(self, session: Session) -> None:
        self._hosts, self._proxy = session.job.hosts, session.job.address

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        session = cast(BoketeSpider, crawler.spider).session
        if session is None:
            raise NotConfigured
        return cls(session)

    def process_request(self, request: Request) -> None:
        """Let a request pass, or refuse it.

        Raises:
            IgnoreRequest: it leads to a host that is none of the site's.
        """
        parts = urlsplit(request.url)
        if parts.netloc.lower() not in self._hosts:
            raise IgnoreRequest(f"{parts.scheme}://{parts.netloc} is no host of the site")
        request.meta["download_slot"] = SLOT
        if self._proxy:
            request.meta["proxy"] = self._proxy
