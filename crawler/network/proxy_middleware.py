"""Downloader middleware: ends the crawl where the proxy that it goes through does not take us."""

from typing import Self

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.components.exceptions import CrawlEnded
from crawler.components.session import Session, session_of
from crawler.network.transport import tunnel_status
from store.errors import UserError

_NOT_AUTHENTICATED = 407


class ProxyMiddleware:
    """Knows the one answer that is surely the proxy's own: 407, to a request or to CONNECT.

    Any other of its answers looks like the site's, and is taken for that.
    """

    def __init__(self, session: Session, shown: str) -> None:
        self._session, self._shown = session, shown

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl that goes through a proxy of the user's."""
        session = session_of(crawler)
        if session.job.options.proxy is None or session.job.proxy is None:
            raise NotConfigured
        return cls(session, session.job.proxy.shown)

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response.

        Raises:
            CrawlEnded: the proxy wants a user and a password that we do not have.
        """
        if response.status == _NOT_AUTHENTICATED:
            self._end()
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Return None, so that others look at the exception, unless it is the same refusal of CONNECT.

        Raises:
            CrawlEnded: the proxy wants a user and a password that we do not have.
        """
        if isinstance(exception, TunnelError) and tunnel_status(exception) == _NOT_AUTHENTICATED:
            self._end()

    def _end(self) -> None:
        self._session.fail(
            UserError(
                f"the proxy {self._shown} asks for a user and a password, or for others (status 407). Write "
                f"them into crawl.proxy: http://user:password@{self._shown}. All that was fetched is kept; "
                f"go on with: {self._session.job.command}"
            )
        )
        raise CrawlEnded
