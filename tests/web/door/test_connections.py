"""Bounds on connections, on a server that runs, with clients that are slow, silent or many."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import uvicorn

from web.door.connections import BoundedConfig, Connections

SECONDS = 0.6
"""The time to read a request, here."""
BODY = 200_000


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with how many bytes came; "/large" with more than a socket takes at once."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = bytes(50_000_000) if scope["path"] == "/large" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served(connections: Connections, keep_alive: int = 60) -> Iterator[int]:
    """Serve `app` in a thread; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = BoundedConfig(
            app, connections, log_level="error", lifespan="off", ws="none", timeout_keep_alive=keep_alive
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def opened(port: int, sent: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
    client.sendall(sent)
    return client


def received(client: socket.socket) -> bytes:
    """Return all that comes until the server closes."""
    found = b""
    with suppress(ConnectionResetError):
        while part := client.recv(65536):
            found += part
    return found


def answered(client: socket.socket) -> bytes:
    """Return the body of one answer."""
    with client.makefile("rb") as file:
        size = 0
        while (line := file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return file.read(size)


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % BODY


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", GET[:-2], POST[:-1], GET + GET[:10]],
    ids=["nothing", "a byte", "half a header", "a header but its end", "half of a second request"],
)
def test_a_request_that_does_not_come_is_waited_for_so_long(sent: bytes) -> None:
    with served(Connections(10, 10, (), SECONDS)) as port:
        began = time.monotonic()
        with opened(port, sent) as client:
            answer = received(client)
        took = time.monotonic() - began
    assert answer.count(b"HTTP/1.1 200") == sent.count(GET)
    assert SECONDS * 0.9 < took < SECONDS + 3


def test_bytes_now_and_then_give_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.door.connections.GRACE", 0.2)
    with served(Connections(10, 10, (), SECONDS)) as port:
        began = time.monotonic()
        with opened(port, POST) as client, suppress(OSError):
            client.settimeout(0.1)
            while time.monotonic() < began + 10:
                client.sendall(b"x")
                with suppress(TimeoutError):
                    if not client.recv(1):
                        break
        assert time.monotonic() - began < SECONDS + 3


def test_a_connection_that_is_used_is_kept() -> None:
    with served(Connections(10, 10, (), SECONDS)) as port, opened(port) as client:
        for _ in range(4):
            client.sendall(POST)
            time.sleep(SECONDS / 2)
            client.sendall(bytes(BODY))
            assert answered(client) == str(BODY).encode()
        time.sleep(SECONDS * 1.5)  # between requests another limit holds: that of a kept connection
        client.sendall(GET)
        assert answered(client) == b"0"


def test_whoever_reads_no_answer_is_left() -> None:
    connections = Connections(10, 10, (), SECONDS)
    with served(connections) as port, opened(port, GET.replace(b"GET /", b"GET /large")):
        deadline = time.monotonic() + 10
        while not connections.open and time.monotonic() < deadline:
            time.sleep(0.02)
        assert connections.open == 1
        while connections.open and time.monotonic() < deadline:
            time.sleep(0.05)
        assert connections.open == 0


def test_the_server_ends_without_waiting_for_requests_that_do_not_come() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            BoundedConfig(app, Connections(10, 10, (), 60), log_level="error", lifespan="off")
        )
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        clients = [opened(listening.getsockname()[1], sent) for sent in (b"", b"G", POST, POST + b"x", GET)]
        assert clients[-1].recv(4096).startswith(b"HTTP/1.1 200")
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()
        for client in clients:
            client.close()


def test_so_many_connections_and_no_more() -> None:
    connections = Connections(4, 3, ("127.0.0.9",), 30)
    with served(connections) as port:
        kept = [opened(port, GET) for _ in range(3)]
        assert [client.recv(4096)[:12] for client in kept] == [b"HTTP/1.1 200"] * 3
        with opened(port, GET) as one_more:
            answer = received(one_more)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 10\r\n" in answer
        assert b"Content-Security-Policy: " in answer
        other = opened(port, GET, "127.0.0.2")
        assert other.recv(4096).startswith(b"HTTP/1.1 200"), "another address has its own"
        with opened(port, GET, "127.0.0.3") as one_more:
            assert received(one_more).startswith(b"HTTP/1.1 503"), "four are all"
        kept.pop().close()
        deadline = time.monotonic() + 5
        while connections.open == 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        with opened(port, GET, "127.0.0.3") as one_more:
            assert one_more.recv(4096).startswith(b"HTTP/1.1 200"), "who leaves makes room"
        for client in (*kept, other):
            client.close()


def test_a_known_proxy_stands_for_many() -> None:
    connections = Connections(10, 2, ("127.0.0.9",), 30)
    with served(connections) as port:
        clients = [opened(port, GET, "127.0.0.9") for _ in range(6)]
        assert all(client.recv(4096).startswith(b"HTTP/1.1 200") for client in clients)
        for client in clients:
            client.close()


def test_addresses_of_one_network_count_together() -> None:
    connections = Connections(10, 2, (), 30)
    assert connections.enter("2001:db8::1")
    assert connections.enter("2001:db8::2")
    assert not connections.enter("2001:db8::3")
    assert connections.enter("2001:db8:0:1::1")
    connections.leave("2001:db8::1")
    assert connections.enter("2001:db8::3")
