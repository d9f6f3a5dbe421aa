"""A server on loopback whose answers a test gives, address by address, and which keeps what it was asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Literal


@dataclass(frozen=True)
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    end: Literal["length", "close", "chunk", "early"] = "length"
    """What tells where the body ends: its length; the connection's end; a last chunk, which is not sent; a
    length that is longer than what comes."""


@dataclass
class Answering:
    """`address` is where it is; `asked` has each path that was asked for, with the request's headers."""

    address: str = ""
    port: int = 0
    asked: list[tuple[str, Message]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def headers(self, start: str) -> Message:
        """Return the headers of the first request for a path that starts so."""
        return next(headers for path, headers in self.asked if path.startswith(start))


@contextmanager
def answering(
    answer: Callable[[str, Message], Answer | None], *, tls: SSLContext | None = None
) -> Iterator[Answering]:
    """Serve what `answer` returns for a path and a request's headers; None is a 404."""
    site = Answering()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers))
            found = answer(self.path, self.headers) or Answer("", 404)
            body = found.body.encode() if isinstance(found.body, str) else found.body
            if "Date" in found.headers:
                self.send_response_only(found.status)  # without a Date of the server's own
            else:
                self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if found.end in ("length", "early"):
                self.send_header("Content-Length", str(len(body) + 100 * (found.end == "early")))
            if found.end == "chunk":
                self.send_header("Transfer-Encoding", "chunked")
                body = b"%x\r\n%s\r\n" % (len(body), body)
            if found.end != "length":
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address, site.port = f"http://127.0.0.1:{server.server_port}", server.server_port
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def photo_path(number: int, width: int = 600) -> str:
    return f"/photo/odai/{width}/{number:032x}_{width}.jpg"


def odai_page(number: int, *texts: str, photo: str | None = None) -> Answer:
    """Return an odai's page in the markup of 2020, as its public readers describe it."""
    address = photo_path(number) if photo is None else photo
    entries = "".join(
        f'<div class="boke"><a class="boke-text" href="/boke/{number * 100 + place}"><div>{text}</div></a>'
        f'<div class="boke-stars"><a href="#"><i></i> 10</a></div>'
        f'<div class="boke-information-label"><a href="#">3日くらい前</a></div></div>'
        for place, text in enumerate(texts or (f"ボケ{number}",), 1)
    )
    return Answer(
        f'<html ng-app="b"><body><div id="content"><div><div><div><div class="photo-content">'
        f'<a href="/odai/{number}"><img src="{address}"></a></div></div></div></div>{entries}</div></body>'
    )


def list_page(*addresses: str, photo: str = photo_path(1)) -> Answer:
    """Return a list of boke in the markup of 2020, each with its odai's address."""
    entries = "".join(
        f'<div class="boke">'
        f'<div class="photo-content"><a href="{address}"><img src="{photo}"></a></div>'
        f'<a class="boke-text" href="/boke/{place}"><div>ボケ</div></a>'
        f'<div class="boke-stars"><a href="#"><i></i> 10</a></div>'
        f'<div class="boke-information-label"><a href="#">3日くらい前</a></div></div>'
        for place, address in enumerate(addresses, 1)
    )
    return Answer(f'<html ng-app="b"><body><div id="content">{entries}</div></body></html>')
