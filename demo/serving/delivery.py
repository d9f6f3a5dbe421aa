"""Ways to send a response: one correct way, and bad ones that a crawler meets."""

import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from demo.serving.responses import Response


def whole(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send the whole body with its correct length."""
    _head(handler, response, len(response.body))
    handler.wfile.write(response.body)


def head(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send the headers only, for HEAD."""
    _head(handler, response, len(response.body))


def not_modified(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send the headers of a 304, which has no body and tells no length."""
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def slow(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send the body in 20 pieces over 2 seconds."""
    _head(handler, response, len(response.body))
    step = len(response.body) // 20 + 1
    for start in range(0, len(response.body), step):
        handler.wfile.write(response.body[start : start + step])
        handler.wfile.flush()
        time.sleep(0.1)


def reset(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send half of the body, then reset the connection."""
    _head(handler, response, len(response.body))
    handler.wfile.write(response.body[: len(response.body) // 2])
    handler.wfile.flush()
    # A linger time of 0 makes close() send RST instead of FIN.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def short(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Announce a thousand bytes more than are sent."""
    _head(handler, response, len(response.body) + 1000)
    handler.wfile.write(response.body)
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send the body, then a gigabyte of spaces: more than any crawler should read."""
    _head(handler, response, None)
    handler.wfile.write(response.body)
    for _ in range(16_384):
        handler.wfile.write(b" " * 65_536)
    handler.close_connection = True


def endless_slow(handler: BaseHTTPRequestHandler, response: Response) -> None:
    """Send the body, then a space each half second for an hour: a read timeout never expires."""
    _head(handler, response, None)
    handler.wfile.write(response.body)
    for _ in range(7200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.5)
    handler.close_connection = True


DELIVERIES: dict[str, Callable[[BaseHTTPRequestHandler, Response], None]] = {
    "whole": whole,
    "not-modified": not_modified,
    "slow": slow,
    "reset": reset,
    "short": short,
    "endless": endless,
    "endless-slow": endless_slow,
}


def _head(handler: BaseHTTPRequestHandler, response: Response, length: int | None) -> None:
    """Send status and headers; with length None, the end of the connection ends the body."""
    handler.send_response(response.status)
    handler.send_header("Content-Type", response.content_type)
    if length is None:
        handler.send_header("Connection", "close")
    else:
        handler.send_header("Content-Length", str(length))
    for name, value in response.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
