"""The embedded site's HTTP server: HTTP/1.1 with persistent connections, and a proxy for its host names."""

import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import urlsplit

from demo.faults.routes import FaultyRoutes
from demo.faults.whole_site import MOVED_HOST
from demo.routes import HOST, PHOTO_HOST, Routes
from demo.serving.conditional import conditional
from demo.serving.delivery import DELIVERIES, head
from demo.serving.responses import Response


class Server(ThreadingHTTPServer):
    """Serves `routes` on 127.0.0.1; `requests` counts what was asked for.

    Raises:
        OSError: the port is in use; the message names it.
    """

    daemon_threads = True  # an endless response must not keep the process alive
    # A crawler opens many connections at once; the default of 5 would refuse some.
    request_queue_size = 128
    # Two sites on one port would each answer some of the requests.
    allow_reuse_port = False

    def __init__(self, routes: Routes | FaultyRoutes, port: int) -> None:
        self.routes = routes
        self._correct = routes.correct if isinstance(routes, FaultyRoutes) else routes
        self.requests = 0
        self._lock = Lock()
        try:
            super().__init__(("127.0.0.1", port), Handler)
        except OSError as error:
            raise OSError(error.errno, f"port {port} cannot be served: {error.strerror}") from None
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def fault(self, names: Sequence[str], after: int = 0) -> None:
        """Have these faults from now on, and no others, after so many more requests; count them anew.

        Raises:
            ValueError: an unknown fault; the message names it.
        """
        self.routes = FaultyRoutes(self._correct, names, after) if names else self._correct
        self.requests = 0

    def count(self) -> None:
        """Count one request; each connection has a thread of its own."""
        with self._lock:
            self.requests += 1

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that disconnected; print any other error, which is a mistake of this server."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # with it, small responses wait for an acknowledgement
    wbufsize = -1  # buffered: headers and body leave in one write
    timeout = 60

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        host, target = self._host_and_target()
        self.server.count()
        if host is None:
            text = f"this site is a proxy for {HOST} and {PHOTO_HOST} only\n"
            response = Response(502, text.encode(), "text/plain; charset=utf-8")
        else:
            response = self.server.routes.respond(target, host)
            response = conditional(response, self.headers.get("If-None-Match"))
        delivery = DELIVERIES[response.delivery] if with_body else head
        delivery(self, response)

    def _host_and_target(self) -> tuple[str | None, str]:
        """Return the requested host, None where it is not one of ours, and the path with its query.

        A proxy request has a whole address in its first line; a direct request has a path.
        """
        own_address = self.server.address.removeprefix("http://")
        own_hosts = {HOST, PHOTO_HOST, MOVED_HOST, own_address}
        if self.path.startswith("/"):
            # The host is written into pages: one from outside could carry markup.
            host = self.headers.get("Host", HOST).lower()
            return (host if host in own_hosts else own_address), self.path
        address = urlsplit(self.path)
        target = address._replace(scheme="", netloc="").geturl() or "/"
        host = address.netloc.lower()
        return (host if address.scheme == "http" and host in own_hosts else None), target

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: the crawler reports its requests itself."""
