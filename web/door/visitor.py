"""Who a visitor is: a judge by the key they were given, anybody else by the address they come from.

Never by a cookie that they could make up: fifty of those would be fifty visitors.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Annotated

from fastapi import Depends, Request

from web.door.keys import Key


@dataclass(frozen=True)
class Visitor:
    """Whom a request comes from.

    Attributes:
        address: the client's IP address; where the request came through a known proxy, the one that it names.
        key: the key that it came with, None where it had none.
    """

    address: str
    key: Key | None = None

    @property
    def name(self) -> str:
        """Whom limits and turns are counted by: a judge, else a network that one household or machine has."""
        if self.key and self.key.judge:
            return f"judge {self.key.opens} {self.key.judge}"
        return f"address {network(self.address)}"


def network(address: str) -> str:
    """Return what one client has for sure: an IPv4 address, of IPv6 the /64 that each is given whole.

    Source: RFC 4291, 2.5.1 (interface identifiers are 64 bits); RFC 6177 (a site has a /64 or more).
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # no network: a test, or a socket with a path
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


def visitor_of(request: Request) -> Visitor:
    """Return whom a request comes from."""
    visitor: Visitor = request.scope["visitor"]
    return visitor


VisitorDep = Annotated[Visitor, Depends(visitor_of)]
"""Hands the visitor to a route."""
