"""The web app: data, training and captions on pages that need no other host."""

import errno
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from threadpoolctl import threadpool_limits

from store.errors import UserError
from store.place import Place
from store.processes.cores import cores
from store.processes.interruption import deferred
from web.caption_service import CaptionService
from web.content.judging.contests import keys as keys_of_contests
from web.content.library import Library
from web.content.shown.glosses import Gloss, Glosses, nothing
from web.content.speakers import Speakers
from web.door.admission import Admission
from web.door.connections import BoundedConfig, Connections
from web.door.head import AnswersHead
from web.door.keys import KeyRing
from web.door.opening import Opening, ring
from web.door.proxies import KnownProxies
from web.door.security import SecurityMiddleware
from web.door.uploads import Uploads
from web.errors import add_handlers
from web.links import STATIC
from web.options import WebOptions
from web.pages import Pages
from web.routes import (
    answers,
    api,
    contains,
    contests,
    find,
    generate,
    judge,
    overview,
    photo_map,
    photos,
    side_by_side,
    training,
    try_photo,
    why,
)
from web.routes import (
    data as data_pages,
)
from web.services import Services, votes_at_most

Contact = Callable[[str], str | None]
THREADS = 4
"""Threads a core that make pages: some read files, most compute."""


def create(
    data: Path,
    pipeline: str,
    hosts: Sequence[str] = (),
    options: WebOptions | None = None,
    keys: KeyRing | None = None,
    speakers: Speakers | None = None,
    contact: Contact = lambda pipeline: None,
    gloss: Gloss = nothing,
) -> FastAPI:
    """Return the app.

    Args:
        data: the folder of all stages' output; what is there is shown, also while stages write it.
        pipeline: the pipeline that is shown first; the others in `data` are shown too.
        hosts: the names that the app answers to; empty means any.
        options: the app's settings; those in code by default.
        keys: those that open it, and whether one is asked for; by default it is not.
        speakers: choose whose model writes captions; by default those that know no settings.
        contact: returns whom owners can write to, by a pipeline's name.
        gloss: returns what a drawn caption says in English, None where it cannot tell.
    """
    options, keys = options or WebOptions(), keys or KeyRing()
    # FastAPI's own documentation pages load scripts from another host.
    app = FastAPI(
        title="Bokeru", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=_lifespan
    )
    library = Library(options)
    app.state.services = Services(
        data,
        pipeline,
        Pages(pipeline, glosses=Glosses(data, gloss)),
        library,
        CaptionService(library, options.model_seconds),
        speakers or Speakers(),
        keys,
        votes_at_most(options.votes_per_minute),
        contact,
        uploads=Uploads(int(options.upload_mb * 10**6), options.read_seconds),
    )
    keys.add(partial(keys_of_contests, data))
    app.include_router(api.docs)
    looked_at = (overview, data_pages, photos, photo_map, training, side_by_side)
    asked_for = (find, contains, generate, why, try_photo, contests, judge)
    for routes in (api, answers, *looked_at, *asked_for):
        app.include_router(routes.router)
    app.mount("/static", StaticFiles(directory=STATIC))
    # The last is outermost: it also guards static files and error pages.
    app.add_middleware(Admission, keys=keys)
    app.add_middleware(AnswersHead)
    app.add_middleware(KnownProxies, networks=options.proxies)
    app.add_middleware(SecurityMiddleware, hosts=hosts)
    add_handlers(app)
    return app


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Answer with few threads: on two cores forty wait for each other, and each keeps memory of its own."""
    current_default_thread_limiter().total_tokens = THREADS * cores()
    yield


def serve(
    data: Path,
    pipeline: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    options: WebOptions | None = None,
    *,
    speakers: Speakers | None = None,
    contact: Contact = lambda pipeline: None,
    gloss: Gloss = nothing,
    names: Sequence[str] = (),
    key: bool = True,
    key_file: Path | None = None,
) -> None:
    """Serve the app until a signal ends it.

    Args:
        host: the address to listen on; anything but loopback opens the app to the network.
        port: 0 takes any that is free.
        names: the names that it may be called by, beside those of loopback.
        key: whether a key is asked for where it is open beyond loopback.
        key_file: where that key is kept; None: each start makes another.

    Raises:
        UsageError: the app is open beyond loopback, and has no name there; or the key's file holds no key.
        UserError: the port is in use, or the host is not an address of this machine.
        Interrupted: a signal came, and everything is closed.
    """
    options = options or WebOptions()
    opening = Opening(host, tuple(names), bool(options.proxies), key, key_file)
    opening.check()
    secret = opening.secret()
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    if opening.is_beyond:
        print(opening.warning(data, port), file=sys.stderr, flush=True)
    for address in opening.links(port, secret):
        print(f"Bokeru is at {address}   (Ctrl-C ends it)", flush=True)
    # Pages, searches and captions fill the cores already, where OpenBLAS's threads wait for each other:
    # captions of six photos took 220 ms on a busy machine, and 11 with one thread.
    threadpool_limits(1, user_api="blas")
    app = create(data, pipeline, opening.hosts, options, ring(secret), speakers, contact, gloss)
    threading.Thread(target=_prepare, args=(app.state.services,), daemon=True).start()
    connections = Connections(
        options.connections, options.connections_per_address, options.proxies, options.read_seconds
    )
    # No log of requests: their addresses may hold a key. Nor uvicorn's own trust in what a proxy says.
    config = BoundedConfig(
        app,
        connections,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=60,
    )
    server = uvicorn.Server(config)

    def wind_down() -> None:
        server.should_exit = True

    with deferred(wind_down):  # uvicorn takes SIGINT and SIGTERM itself, but passes them on when it is done
        server.run([listening])


def _prepare(services: Services) -> None:
    """Make what the pages will ask for, while nobody has asked yet."""
    place = Place(services.data, services.pipeline)
    with suppress(UserError):  # whoever opens a page is told
        services.library.catalogue(place)
    with suppress(UserError):
        services.captions.prepare(place, services.speakers.run(place))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    # Else the port stays taken for a minute after the last run.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # whoever opens the address once it is printed waits until the app is there
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"Port {port} of {host} is in use. Choose another: --port {port + 1}, or --port 0"
            ) from None
        raise UserError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}. Choose another --host"
        ) from None
    return listening
