"""Why a request was not made."""

from scrapy.exceptions import IgnoreRequest


class Denied(IgnoreRequest):
    """robots.txt forbids the address."""


class OutOfReach(IgnoreRequest):
    """The address is on a host that is none of the site's."""


class Ended(IgnoreRequest):
    """The crawl ends: the address gets no row, and is fetched the next time."""
