"""Bounds on connections: how many there are, and how long one may take to send a request or to take an
answer.

Uvicorn limits requests that are answered at once, and how long a connection is kept after an answer. A
client that connects and sends nothing, or half a header, or a body that never ends, or reads no answer, it
keeps for ever. Its protocol class is what sees connections, so the bounds are in one derived from that.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from web.door.proxies import Networks
from web.door.security import HEADERS
from web.door.visitor import network

GRACE = 5.0
"""Seconds in which the app may still say that a request came too slowly, before its connection is closed."""
FULL = b"Too many connections are open at once. Try again in 10 seconds.\n"


class Connections:
    """Counts the open connections.

    Args:
        most: how many there may be.
        most_per_address: how many of one address there may be; see `web.door.visitor.network`.
        proxies: addresses and networks that `most_per_address` does not hold for: they stand for many.
        read_seconds: see `web.options.WebOptions`.
    """

    def __init__(self, most: int, most_per_address: int, proxies: Sequence[str], read_seconds: float) -> None:
        self.read_seconds = read_seconds
        self._most, self._most_per_address, self._proxies = most, most_per_address, Networks(proxies)
        self._open = Counter[str]()

    @property
    def open(self) -> int:
        """How many are open."""
        return self._open.total()

    def enter(self, address: str) -> bool:
        """Count a new connection of an address; False, and not counted, where there are too many."""
        name = network(address)
        if self.open >= self._most:
            return False
        if self._open[name] >= self._most_per_address and address not in self._proxies:
            return False
        self._open[name] += 1
        return True

    def leave(self, address: str) -> None:
        """Count a connection no longer."""
        name = network(address)
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]


class BoundedConfig(uvicorn.Config):
    """Uvicorn's settings, with bounds on connections."""

    def __init__(self, app: Any, connections: Connections, **settings: Any) -> None:
        super().__init__(app, http=BoundedProtocol, **settings)
        self.connections = connections


class BoundedProtocol(H11Protocol):
    """One connection within the bounds of its `BoundedConfig`."""

    config: BoundedConfig

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, or refuse a connection that is too many."""
        super().connection_made(transport)
        self._reading: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._connections = self.config.connections
        self._address = self.client[0] if self.client else ""
        self._counted = self._connections.enter(self._address)
        if self._counted:
            self._await_request()
        else:
            transport.write(_answer(503, FULL))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._request_came()
        self.resume_writing()
        if self._counted:
            self._connections.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self._counted:
            super().data_received(data)

    def handle_events(self) -> None:
        """Handle what came, and see whether a request is now on its way."""
        super().handle_events()
        begun = self.conn.their_state is h11.SEND_BODY or bool(self.conn.trailing_data[0])
        if begun and self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await_request()
        else:
            self._request_came()

    def _await_request(self) -> None:
        if self._reading is None:  # its time runs from its first byte: more bytes give no more of it
            self._reading = self.loop.call_later(self._connections.read_seconds, self._too_slow)

    def _request_came(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _too_slow(self) -> None:
        # Whoever reads the body has the same time, from a little later on, and can say what is wrong.
        grace = GRACE if self.conn.their_state is h11.SEND_BODY else 0
        self._reading = self.loop.call_later(grace, self.transport.abort)

    def pause_writing(self) -> None:
        """The client does not take what is sent: it has so much time to go on."""
        super().pause_writing()
        self._writing = self.loop.call_later(self._connections.read_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def on_response_complete(self) -> None:
        """End a connection that is to close, but whose client does not take the end of the answer."""
        super().on_response_complete()
        if self.transport.is_closing():
            self.loop.call_later(self._connections.read_seconds, self.transport.abort)

    def shutdown(self) -> None:
        """End with the server: an answer is still given, a request that has not come is not waited for."""
        if self._reading is not None:
            self.transport.abort()
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that was kept for a next request."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(GRACE, self.transport.abort)


def _answer(status: int, text: bytes) -> bytes:
    """Return a whole answer, for where there is no request to answer yet."""
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(text)),
        "Retry-After": "10",
        "Connection": "close",
        **HEADERS,
    }
    fields = (f"{name}: {value}" for name, value in headers.items())
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + text
