"""Downloader middleware: lets requests out only to the site's own hosts and those of its photos."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.components.exceptions import HostNotAllowed
from crawler.components.headers import authorization
from crawler.components.session import Session, session_of
from crawler.items import NOT_A_HOST
from crawler.network.proxy import Proxy
from crawler.network.resolver import PublicResolver
from store.addresses import authority

DOWNLOAD_SLOT = "crawl"
"""One download slot for all hosts: the delay lies between any two requests, wherever they go."""


class AllowedHostsMiddleware:
    """Checks the host of every request, those for redirects and for robots.txt included.

    Scrapy's own offsite middleware lets subdomains, other ports and requests with `dont_filter` pass.
    """

    def __init__(self, session: Session) -> None:
        job = session.job
        self._hosts, self._proxy = job.hosts, job.proxy
        self._site, self._credentials = authority(job.site), job.credentials
        PublicResolver.is_crawling = True
        if job.is_local:
            PublicResolver.trusted |= {urlsplit(job.address or job.site).hostname or ""}
        if self._proxy:
            PublicResolver.trusted |= {self._proxy.host}  # the user named it, wherever it is
        if job.options.proxy and self._proxy and not job.is_local:
            session.warn(
                f"all goes through crawl.proxy, {self._proxy.shown}, which looks names up by itself: only a "
                "name that says so is kept from leading into a private network"
            )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(session_of(crawler))

    def process_request(self, request: Request) -> None:
        """Return None, so that the engine goes on to the next middleware; set slot, proxy and password.

        Raises:
            HostNotAllowed: the host is not one of the site's. The engine does not download the request, and
                calls its errback.
        """
        parts = urlsplit(request.url)
        host = authority(request.url)
        if host not in self._hosts or parts.username is not None:
            origin = f"{parts.scheme}://{host}"
            reason = f"{origin} {NOT_A_HOST}"
            raise HostNotAllowed(
                f"{reason}; crawl.image_hosts names those" if "photo" in request.meta else reason, origin
            )
        if self._credentials and host == self._site:
            request.headers["Authorization"] = authorization(self._credentials)
        request.meta["download_slot"] = DOWNLOAD_SLOT
        if self._proxy:
            request.meta["proxy"] = self._proxy.address
            self._authorize(request, self._proxy)

    @staticmethod
    def _authorize(request: Request, proxy: Proxy) -> None:
        """Tell the proxy who we are. A browser does so by itself, and would send our header to the site."""
        request.headers.pop("Proxy-Authorization", None)
        if proxy.user is not None and not request.meta.get("playwright"):
            request.headers["Proxy-Authorization"] = authorization((proxy.user, proxy.password))
