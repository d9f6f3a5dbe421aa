"""Why a request was not made: Scrapy drops a request whose middleware raises one of these."""

from scrapy.exceptions import IgnoreRequest

SCHEDULED = "scheduled"
"""The key in `meta` of a request that the scheduler keeps while its host is left alone; others, such as those
of an extension, which the engine downloads at once, wait where they are."""


class Denied(IgnoreRequest):
    """robots.txt or tdmrep.json forbids the address: it gets no row, and stands in `left_out`.

    Args:
        words: what forbids it, as it is written there.
        source: the address of the file.
    """

    def __init__(self, words: str, source: str) -> None:
        super().__init__(f"{source}: {words}")
        self.words, self.source = words, source


class HostNotAllowed(IgnoreRequest):
    """The address is on a host that is not one of the site's: its row has the outcome `error`.

    Args:
        message: why, for the row.
        origin: the scheme and host of the address.
    """

    def __init__(self, message: str, origin: str) -> None:
        super().__init__(message)
        self.origin = origin


class HostPaused(IgnoreRequest):
    """The address's host is left alone: the request goes back to the scheduler, and counts as no try."""


class CrawlEnded(IgnoreRequest):
    """The crawl is ending: the address gets no row, so the next crawl fetches it."""


class CutShort(IgnoreRequest):
    """The answer came without its end each time that it was asked for: its row has the outcome `error`."""
