"""Downloader middleware: follows redirects as Scrapy does, with the Referer of the first request."""

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response


class RefererKeptMiddleware(RedirectMiddleware):
    """Keeps the Referer, as browsers do: a photo's request still names the page that shows it."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Leave the header as it is; Scrapy's own would name the address that redirects."""
