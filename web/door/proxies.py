"""What a reverse proxy says of a request counts where a setting names the proxy, and nowhere else.

`X-Forwarded-For` (the client's address), `X-Forwarded-Proto` (http or https) and `X-Forwarded-Prefix` (what
the proxy took off the front of the path) are headers like any other: whoever reaches the app itself can send
them.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def parsed_networks(networks: Sequence[str]) -> tuple[str, ...]:
    """Return addresses and networks as they were written, if they are that.

    Raises:
        ValueError: one of them is not; the message names it.
    """
    for each in networks:
        try:
            ip_network(each)
        except ValueError as error:
            raise ValueError(
                f"{error}: write the proxy's address, such as 10.0.0.2, or 10.0.0.0/24"
            ) from None
    return tuple(networks)


class Networks:
    """Addresses and networks, each as text; `in` tells whether an address is in one of them."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(map(ip_network, networks))

    def __contains__(self, text: str) -> bool:
        address = parsed_address(text)
        return address is not None and any(address in network for network in self._networks)


class KnownProxies:
    """Gives a request the client, the scheme and the prefix that a known proxy tells of it.

    Args:
        app: the app behind it.
        networks: the proxies' addresses or networks; of requests from elsewhere nothing is changed.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[str] = ()) -> None:
        self._app, self._known = app, Networks(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        client = scope.get("client")
        if scope["type"] != "http" or not client or client[0] not in self._known:
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        scheme = headers.get("x-forwarded-proto", scope["scheme"]).strip().lower()
        prefix = headers.get("x-forwarded-prefix", "").strip().rstrip("/")
        if scheme not in ("http", "https") or (prefix and not PREFIX.fullmatch(prefix)):
            refusal = (
                f"The proxy sends X-Forwarded-Proto {scheme[:20]!r} and X-Forwarded-Prefix {prefix[:100]!r}: "
                "the first must be http or https, the second the path that it takes off, such as /bokeru. "
                "Change its configuration."
            )
            return await PlainTextResponse(refusal, 400)(scope, receive, send)
        scope["scheme"] = scheme
        scope["client"] = (self._client(client[0], headers.getlist("x-forwarded-for")), client[1])
        # ASGI has the prefix in both: root_path says how much of path it is.
        scope["root_path"] = prefix
        scope["path"] = prefix + scope["path"]
        scope["raw_path"] = prefix.encode() + scope.get("raw_path", b"")
        await self._app(scope, receive, send)

    def _client(self, proxy: str, forwarded: Sequence[str]) -> str:
        """Return who asked the first of the proxies that we know.

        Each proxy appends whom it was asked by, so the list is read from its end: what a client wrote into it
        stands before what the first known proxy saw.
        """
        client = proxy
        for text in reversed(",".join(forwarded).split(",")):
            address = parsed_address(text)
            if address is None:
                return client
            client = str(address)
            if client not in self._known:
                return client
        return client


def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address that may have a port behind it; None where it is none."""
    text = text.strip()
    if match := re.fullmatch(r"\[([^]]*)\](?::\d+)?|([0-9.]+):\d+", text):
        text = match[1] or match[2]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
