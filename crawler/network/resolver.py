"""Name resolution that never leads into a private network, and that asks again from time to time."""

import time
from collections.abc import Sequence
from typing import ClassVar

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

from store.public import is_public

SECONDS = 300.0
"""How long an answer holds. Scrapy keeps them for ever, and a site may move while a crawl runs for weeks; the
system's resolver, which has caches of its own, does not tell how long an answer is good."""


class PublicResolver(CachingThreadedResolver):
    """Refuses names that resolve to loopback, private, link-local and other addresses that are not public.

    The address that was checked is the one that is connected to, and each new answer is checked; so neither a
    redirect nor a name that changes its address (DNS rebinding) gets around it.
    """

    is_crawling: ClassVar[bool] = False
    """Whether names come from a site; those that a person types into `scrapy shell` are not checked."""
    trusted: ClassVar[set[str]] = set()
    """Names that may have any address: the site's own host, if the user named this machine as the site, and
    that of `crawl.proxy`."""

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, 0, timeout)  # 0: Scrapy's cache keeps nothing
        self._answers: dict[str, tuple[str, float]] = {}  # the address, and until when it holds

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        """Return the address of a name.

        Raises:
            DNSLookupError: (through the Deferred) it has no address, or none that is public.
        """
        address, until = self._answers.get(name, ("", 0.0))
        if time.monotonic() < until:
            return succeed(address).addCallback(self._checked, name)
        return (
            super()
            .getHostByName(name, timeout)
            .addCallback(self._checked, name)
            .addCallback(self._keep, name)
        )

    def _checked(self, address: str, name: str) -> str:
        if not self.is_crawling or name in self.trusted or is_public(address):
            return address
        raise DNSLookupError(f"{name} has the address {address}, which is not public")

    def _keep(self, address: str, name: str) -> str:
        self._answers[name] = address, time.monotonic() + SECONDS
        return address
