"""Which addresses belong to the public internet: what strangers name must not lead into private networks."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_WRAPPING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""Networks whose addresses hold an IPv4 address in their last 32 bits: NAT64 (RFC 6052), and an old form."""
_SITE_LOCAL = IPv6Network("fec0::/10")
"""Private before RFC 3879, and still routed so by some."""


def is_public(text: str) -> bool:
    """Tell whether an IP address, and each that is wrapped in it, is one of the public internet.

    Raises:
        ValueError: the text is no IP address.
    """
    return all(
        one.is_global and not one.is_multicast and not (one.version == 6 and one in _SITE_LOCAL)
        for one in _with_wrapped(ip_address(text.partition("%")[0]))
    )


def _with_wrapped(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _WRAPPING):
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    found = [one for one in inner if one is not None]
    if address.ipv4_mapped is None and not any(address in network for network in _WRAPPING):
        yield address
    yield from found
