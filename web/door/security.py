"""Security of requests and responses: same origin only, nothing inline, no framing."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_CONTENT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
COPY_POLICY = f"{_CONTENT}; form-action 'none'; base-uri 'none'"
"""Of a copy's pages, which say it themselves: they come with no header. A page cannot forbid frames so."""
HEADERS = {
    # Captions come from strangers: should markup in one ever get through, the browser still runs nothing. No
    # inline script or style; `data:` only for pictures, which is how an uploaded photo is shown.
    "Content-Security-Policy": (
        f"{_CONTENT}; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # A photo is never taken for a page, whatever its bytes look like.
    "X-Content-Type-Options": "nosniff",
    # For browsers that do not know frame-ancestors: no page of another site can lay itself over ours.
    "X-Frame-Options": "DENY",
    # Addresses on a private machine stay there.
    "Referrer-Policy": "same-origin",
    # No other site can hold a handle of our window, or embed our photos.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


OTHER_SITE = "Another site may not send this request. Use the page itself."


class SecurityMiddleware:
    """Refuses requests for other hosts and from other origins; adds the security headers to every response.

    The check of `Host` stops DNS rebinding: a page of another site could otherwise reach this server through
    a name of its own that resolves to 127.0.0.1.

    Args:
        app: the app behind it.
        hosts: the names that this server answers to, without port; empty means any.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        self._app, self._hosts = app, tuple(dict.fromkeys(map(_name, hosts)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        app = PlainTextResponse(refusal, 403) if refusal else self._app
        try:
            await app(scope, receive, send_with_headers)
        except Exception:
            # Starlette's own answer would be made outside, without the headers; what happened goes to the
            # log.
            if not begun:
                await PlainTextResponse("Internal Server Error", 500)(scope, receive, send_with_headers)
            raise

    def _refusal(self, method: str, headers: Headers) -> str | None:
        """Return why a request is refused, None where it is not."""
        host = headers.get("host", "").lower()
        if self._hosts and _name(host) not in self._hosts:
            return (
                f"This server does not answer to the name {host[:100]!r}. Open it as {self._hosts[0]}, or "
                "start it with --allow-host and the name."
            )
        if method in ("GET", "HEAD", "OPTIONS"):
            # These change nothing, and links from other sites are welcome; their pages hold nothing of ours.
            loaded = headers.get("sec-fetch-mode", "navigate") != "navigate"
            return OTHER_SITE if loaded and from_other_site(headers) else None
        # Browsers send one of the two headers with every such request, and a page cannot forge either.
        origin = headers.get("origin")
        foreign = origin is not None and _authority(origin.lower()) != _without_default_port(host)
        return OTHER_SITE if foreign or from_other_site(headers) else None


def from_other_site(headers: Headers) -> bool:
    """Tell whether another site led to a request, or sent it: the browser says so, and no page can forge it.

    Source: Fetch Metadata Request Headers (W3C), `Sec-Fetch-Site`.
    """
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def _name(host: str) -> str:
    """Return the name in a `Host`, or of --host, without port, brackets, last dot and capitals."""
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    elif host.count(":") > 1:
        name = host  # an IPv6 address as --host takes it
    else:
        name = host.partition(":")[0]
    return name.rstrip(".").lower()


def _authority(origin: str) -> str | None:
    """Return the host and port of an `Origin`; None of one that is hidden ("null")."""
    scheme, separator, authority = origin.partition("://")
    return authority.removesuffix({"http": ":80", "https": ":443"}.get(scheme, "")) if separator else None


def _without_default_port(host: str) -> str:
    return host.removesuffix(":80").removesuffix(":443")
