"""Security of requests and responses: same origin only, nothing inline, no framing."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")

HEADERS = {
    # Captions come from strangers: should markup in one ever get through, the browser still runs nothing. No
    # inline script or style; `data:` only for pictures, which is how an uploaded photo is shown.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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


class SecurityMiddleware:
    """Refuses requests for other hosts and from other origins; adds the security headers to every response.

    The check of `Host` stops DNS rebinding: a page of another site could otherwise reach this server through
    a name of its own that resolves to 127.0.0.1.

    Args:
        app: the app behind it.
        hosts: the names that this server answers to, without port; empty means any.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        self._app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        app = PlainTextResponse(refusal, 403) if refusal else self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> str | None:
        """Return why a request is refused, None where it is not."""
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rsplit(":", 1)[0]  # "[::1]" has colons, but no port
        if self._hosts and name.strip("[]") not in self._hosts:
            return f"This server does not answer to the name {name[:100]!r}. Open it as {min(self._hosts)}."
        if method in ("GET", "HEAD", "OPTIONS"):
            return None  # these change nothing, and links from other sites are welcome
        # Browsers send one of the two headers with every such request, and a page cannot forge either.
        origin = headers.get("origin")
        foreign = origin is not None and origin.partition("://")[2] != host
        if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "Another site may not send this request. Use the page itself."
        return None
