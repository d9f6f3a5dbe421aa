"""Name resolution that never answers with an address of a private network."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import ClassVar

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError


class PublicResolver(CachingThreadedResolver):
    """Refuses names that resolve to loopback, private, link-local and other addresses that are not public.

    The address that was checked is the one that is connected to, so neither a redirect nor a name that
    changes its address (DNS rebinding) gets around it.
    """

    is_crawling: ClassVar[bool] = False
    """Whether names come from a site; those that a person types into `scrapy shell` are not checked."""
    trusted: ClassVar[set[str]] = set()
    """Names that may have any address: the site's own host, if the user named this machine as the site."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        """Return the address of a name.

        Raises:
            DNSLookupError: (through the Deferred) it has no address, or none that is public.
        """
        return super().getHostByName(name, timeout).addCallback(self._public, name)

    def _public(self, address: str, name: str) -> str:
        ip = ip_address(address)
        if not self.is_crawling or name in self.trusted or (ip.is_global and not ip.is_multicast):
            return address
        raise DNSLookupError(f"{name} has the address {address}, which is not public")
