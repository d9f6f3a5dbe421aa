"""Keys: whoever has a link with a key in it may come in, to the part of the app that the key opens.

A link is any address of the app with `?key=SECRET`. Opening it puts the secret into a cookie and leads on to
the address without it, so that it stands in no history, no bookmark and no `Referer`. Programs send
`Authorization: Bearer SECRET`. No log has either: the server writes none of requests.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

PARAMETER = "key"
"""Where a link holds the secret."""


@dataclass(frozen=True)
class Key:
    """What a secret opens.

    Attributes:
        digest: of the secret, as `digest` makes it. Nobody keeps the secret but those who hold the link.
        opens: an address of the app that it opens with all below it; "/" is the whole app.
        judge: a name for the one person who was given it; empty where many share it.
    """

    digest: str
    opens: str = "/"
    judge: str = ""

    def opens_path(self, path: str) -> bool:
        """Tell whether it opens a path within the app."""
        return self.opens == "/" or path == self.opens or path.startswith(f"{self.opens}/")

    @property
    def cookie(self) -> str:
        """The name of the cookie with its secret: one for each part, so that many can be open at once."""
        return f"{PARAMETER}-{hashlib.sha256(self.opens.encode()).hexdigest()[:8]}"


Source = Callable[[str], Iterable[Key]]
"""Yields the keys that may open a path: those of a contest are in its folder, and may change at any time."""


class KeyRing:
    """The keys that there are.

    Args:
        keys: those of the whole app.
        asked: whether a request without a key is refused.
    """

    def __init__(self, keys: Iterable[Key] = (), *, asked: bool = False) -> None:
        self.asked = asked
        self._keys, self._sources = tuple(keys), list[Source]()

    def add(self, source: Source) -> None:
        """Add a part of the app that has keys of its own."""
        self._sources.append(source)

    def find(self, path: str, secret: str) -> Key | None:
        """Return the key of a secret that opens a path; None where there is none.

        The time it takes does not tell how much of a secret is right: digests are compared, to their ends.
        """
        wanted, found = digest(secret), None
        for key in (*self._keys, *(key for source in self._sources for key in source(path))):
            if hmac.compare_digest(key.digest, wanted) and key.opens_path(path):
                found = found or key
        return found


def new_secret() -> str:
    """Return a secret of 192 bits, as letters, digits, - and _: too many to guess, however often one
    tries."""
    return secrets.token_urlsafe(24)


def digest(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def link(address: str, secret: str) -> str:
    """Return the link that a secret is given away with."""
    return f"{address}?{urlencode({PARAMETER: secret})}"


def without_key(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return an address within this server without the secret."""
    rest = urlencode([(name, value) for name, value in query if name != PARAMETER])
    # One slash: two would name another host.
    return f"/{quote(path.lstrip('/'))}" + (f"?{rest}" if rest else "")
