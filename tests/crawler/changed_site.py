"""The embedded site in this process, with what it answers changed by a test, and each request noted."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import cast

from demo.content import EmbeddedSite
from demo.routes import Routes
from demo.serving.responses import Response
from demo.serving.server import Server

Change = Callable[[str, Response], Response]
"""From the target of a request and the right answer to what is sent."""


def unchanged(target: str, response: Response) -> Response:
    return response


@dataclass
class ChangedSite:
    """`asked` has each request's target; `change` may be set anew while the site is served."""

    routes: Routes
    change: Change = unchanged
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def respond(self, target: str, host: str) -> Response:
        self.asked.append(target)
        return self.change(target, self.routes.respond(target, host))


@contextmanager
def changed_site(
    photos: int, captions: int, seed: int, layout: str = "angular_2020", change: Change = unchanged
) -> Iterator[ChangedSite]:
    site = ChangedSite(Routes(EmbeddedSite(photos, captions, seed), layout), change)
    server = Server(cast(Routes, site), 0)
    site.address = server.address
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def in_html(change: Callable[[str], str], start: str = "/") -> Change:
    """Return a change of the HTML of pages that are there, at addresses that start so."""

    def changed(target: str, response: Response) -> Response:
        if (
            response.status != 200
            or not target.startswith(start)
            or not response.content_type.startswith("text/html")
        ):
            return response
        return replace(response, body=change(response.body.decode()).encode())

    return changed
