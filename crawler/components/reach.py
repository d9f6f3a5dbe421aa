"""Where the crawl may go: the site's own hosts and those of its photos."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.components.exceptions import OutOfReach
from crawler.components.resolver import PublicResolver
from crawler.components.session import Session, session_of

SLOT = "crawl"
"""One download slot for all hosts: the delay lies between any two requests, wherever they go."""


class ReachMiddleware:
    """Checks every request, those that redirects and robots.txt cause among them."""

    def __init__(self, session: Session) -> None:
        job = session.job
        self._hosts, self._proxy = job.hosts, job.address
        PublicResolver.is_crawling = True
        if job.is_local:
            PublicResolver.trusted |= {urlsplit(job.address or job.site).hostname or ""}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(session_of(crawler))

    def process_request(self, request: Request) -> None:
        """Let a request pass, or refuse it.

        Raises:
            OutOfReach: it leads to a host that is none of the site's.
        """
        parts = urlsplit(request.url)
        if parts.netloc.lower() not in self._hosts:
            raise OutOfReach(f"{parts.scheme}://{parts.netloc} is no host of the site")
        request.meta["download_slot"] = SLOT
        if self._proxy:
            request.meta["proxy"] = self._proxy
