"""Name resolution that never answers with an address of a private network."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import ClassVar

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError


class PublicResolver(CachingThreadedResolver):
    """Refuses names that lead to loopback, private, link-local and other addresses that are not public.

    The check lies between resolving and connecting, so no redirect and no name that changes its address
    gets around it.
    """

    is_crawling: ClassVar[bool] = False
    """Whether a site names the addresses; those that a person types into `scrapy shell` are not checked."""
    trusted: ClassVar[set[str]] = set()
    """Names that may lead anywhere: the host that the user named as the site, if it is this machine."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        """Return the address of a name.

        Raises:
            DNSLookupError: (through the Deferred) it has none, or none that is public.
        """
        return super().getHostByName(name, timeout).addCallback(self._public, name)

    def _public(self, address: str, name: str) -> str:
        found = ip_address(address)
        if not self.is_crawling or name in self.trusted or (found.is_global and not found.is_multicast):
            return address
        raise DNSLookupError(f"{name} leads to {address}, which is no public address")
