"""Why a request was not made: Scrapy drops a request whose middleware raises one of these."""

from scrapy.exceptions import IgnoreRequest


class Denied(IgnoreRequest):
    """robots.txt forbids the address: its row has the outcome `denied`."""


class HostNotAllowed(IgnoreRequest):
    """The address is on a host that is not one of the site's: its row has the outcome `error`.

    Args:
        message: why, for the row.
        origin: the scheme and host of the address.
    """

    def __init__(self, message: str, origin: str) -> None:
        super().__init__(message)
        self.origin = origin


class CrawlEnded(IgnoreRequest):
    """The crawl is ending: the address gets no row, so the next crawl fetches it."""
