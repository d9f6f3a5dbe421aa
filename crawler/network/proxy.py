"""The proxy that a crawl goes through: that of `crawl.proxy`, or the embedded site's own server."""

import os
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit, urlunsplit

from store.public import is_public

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_PRIVATE_ENDS = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet")
"""Names that no public resolver answers (RFC 6761, 6762, 8375), and those that private networks give."""


@dataclass(frozen=True)
class Proxy:
    """An address without user and password, and those beside it: they stand in no row, log or report."""

    address: str
    user: str | None = None
    password: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the proxy at an address, which may have a user and a password.

        Raises:
            ValueError: a crawl cannot use such a proxy; the message says why, and never has the password.
        """
        parts = urlsplit(text.strip())
        if parts.scheme.startswith("socks"):
            raise ValueError(
                "SOCKS is not spoken here: write the address of an HTTP proxy, http://host:port, such as "
                "that of a program that makes the one of the other"
            )
        if parts.scheme == "https":
            raise ValueError(
                "the proxy itself is spoken to by http: write http://host:port. What goes to a site by https "
                "is encrypted all the way through it"
            )
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("it is no proxy's address: write http://host:port")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        address = urlunsplit(("http", f"{host}:{parts.port or 80}", "", "", ""))
        if parts.username is None:
            return cls(address)
        return cls(address, unquote(parts.username), unquote(parts.password or ""))

    @property
    def host(self) -> str:
        """The host's name."""
        return urlsplit(self.address).hostname or ""

    @property
    def shown(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.address).netloc


def is_private_name(host: str) -> bool:
    """Tell whether a host's name says by itself that it is in a private network, or an address says so."""
    try:
        return not is_public(host.strip("[]"))
    except ValueError:
        return host == "localhost" or host.endswith(_PRIVATE_ENDS)


def unused_variables() -> str:
    """Return the variables of the environment that name a proxy for other programs, as they are spelled."""
    names = [name for name in os.environ if name.upper() in _VARIABLES and os.environ[name].strip()]
    return " and ".join(sorted(names))
