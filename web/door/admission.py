"""Lets requests in that have a key for what they ask for, where keys are asked for."""

from collections.abc import Iterator
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.door.keys import PARAMETER, Key, KeyRing, without_key
from web.door.visitor import Visitor

PUBLIC = "/static/"
"""What every page needs, and tells nothing: styles and scripts."""
MONTH = 30 * 86_400
REFUSAL = (
    "This app asks for a key. Open the whole link that you were given, with the key in it; since the app was "
    "started anew it may be another. Programs send the header Authorization: Bearer KEY."
)


class Admission:
    """Finds out who a visitor is, for the routes and the queue, and refuses whoever needs a key and has none.

    Args:
        app: the app behind it.
        keys: the keys that there are, and whether one is asked for.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self._app, self._keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        connection = HTTPConnection(scope)
        path = scope["path"][len(scope.get("root_path", "")) :]  # as web.door.proxies makes them
        secret = connection.query_params.get(PARAMETER)
        if secret and scope["method"] in ("GET", "HEAD") and (key := self._keys.find(path, secret)):
            return await _led_on(connection, key, secret)(scope, receive, send)
        found = (self._keys.find(path, secret) for secret in _secrets(connection))
        key = next((key for key in found if key), None)
        if key is None and self._keys.asked and not path.startswith(PUBLIC):
            headers = {"WWW-Authenticate": "Bearer"}
            return await PlainTextResponse(REFUSAL, 401, headers)(scope, receive, send)
        scope["visitor"] = Visitor(connection.client.host if connection.client else "", key)
        await self._app(scope, receive, send)


def _secrets(connection: HTTPConnection) -> Iterator[str]:
    """Yield what may be secrets: a program's, then those that a browser keeps."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        yield token.strip()
    yield from (value for name, value in connection.cookies.items() if name.startswith(f"{PARAMETER}-"))


def _led_on(connection: HTTPConnection, key: Key, secret: str) -> Response:
    """Return the way to the same page without the secret in its address: a cookie holds it."""
    path = without_key(connection.scope["path"], connection.query_params.multi_items())
    response = RedirectResponse(path, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        key.cookie,
        secret,
        max_age=MONTH,
        path=quote(connection.scope.get("root_path", "") + key.opens),
        secure=connection.scope["scheme"] == "https",
        httponly=True,
        # Not `strict`: the link stands in a letter or on another site, and its page needs the cookie.
        samesite="lax",
    )
    return response
