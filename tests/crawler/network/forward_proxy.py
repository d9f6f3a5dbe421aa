"""A small HTTP proxy on loopback: absolute addresses for http, CONNECT for https, a password if asked for."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass
class ForwardProxy:
    """`port` is where it listens; `lines` has each request's first line, and its password."""

    port: int = 0
    lines: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def proxying(hosts: dict[str, int], *, password: str = "", refuse: int = 0) -> Iterator[ForwardProxy]:
    """Forward what is asked of each host to a port of this machine; it resolves the names, nobody else can.

    Args:
        hosts: ports by host, as `bokete.test:443`.
        password: what Proxy-Authorization must be.
        refuse: the status that every CONNECT is refused with.
    """
    proxy = ForwardProxy()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while first := self.rfile.readline():
                headers: list[bytes] = []
                while (line := self.rfile.readline()) not in (b"\r\n", b""):
                    headers.append(line)
                given = next((h for h in headers if h.lower().startswith(b"proxy-authorization:")), b":")
                key = given.partition(b":")[2].decode().strip()
                proxy.lines.append((first.decode().strip(), key))
                method, target, _ = first.decode().split()
                if password and key != password:
                    return self._answer(407, "Proxy Authentication Required")
                if method == "CONNECT":
                    return self._tunnel(target) if not refuse else self._answer(refuse, "No")
                self._forward(target, headers)

        def _answer(self, status: int, reason: str) -> None:
            # RFC 9110, section 11.7.1: whoever answers 407 says how to authenticate.
            challenge = 'Proxy-Authenticate: Basic realm="x"\r\n' if status == 407 else ""
            text = f"HTTP/1.1 {status} {reason}\r\n{challenge}Content-Length: 0\r\nConnection: close\r\n\r\n"
            self.wfile.write(text.encode())

        def _forward(self, target: str, headers: list[bytes]) -> None:
            host, _, path = target.removeprefix("http://").partition("/")
            kept = [line for line in headers if not line.lower().startswith((b"proxy-", b"connection:"))]
            with socket.create_connection(("127.0.0.1", hosts[f"{host}:80"])) as server:
                lines = [f"GET /{path} HTTP/1.1\r\n".encode(), *kept, b"Connection: close\r\n\r\n"]
                server.sendall(b"".join(lines))
                while chunk := server.recv(65536):
                    self.wfile.write(chunk)
            self.connection.close()

        def _tunnel(self, target: str) -> None:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", hosts[target])) as server:
                back = threading.Thread(target=_copy, args=(server, self.connection), daemon=True)
                back.start()
                _copy(self.connection, server)

    class Server(ThreadingTCPServer):
        daemon_threads, block_on_close = True, False

        def handle_error(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield proxy
        server.shutdown()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
