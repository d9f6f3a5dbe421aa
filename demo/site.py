"""Runs the embedded site: until Ctrl-C, or in a child process for as long as a block lasts."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Unpack

from demo.content import EmbeddedSite
from demo.faults.routes import FaultyRoutes
from demo.plan import More, Plan
from demo.routes import HOST, PHOTO_HOST, Routes
from demo.serving.server import Server

__all__ = ["HOST", "PHOTO_HOST", "ControlledSite", "EmbeddedSite", "controlled", "running", "serve"]


def serve(
    photos: int = 600,
    captions_per_photo: int = 5,
    seed: int = 1,
    port: int = 8080,
    layout: str = "angular_2020",
    faults: Sequence[str] = (),
    **more: Unpack[More],
) -> None:
    """Serve the site until a signal ends it; print its address and its content.

    Args:
        photos, captions_per_photo, seed, more: as those of `Plan`.
        port: 0 takes any free port.
        layout: one of `demo.variants.LAYOUTS`.
        faults: keys of `demo.variants.FAULTS`.

    Raises:
        OSError: the port is in use; the message names it.
        ValueError: an unknown fault, which the message names, or a plan of no site.
    """
    server = Server(_routes(Plan(photos, captions_per_photo, seed, **more), layout, faults), port)
    print(
        f"{server.address}/boke/recent: {photos} photos with {captions_per_photo} captions each, seed {seed}"
    )
    print(f"Layout {layout}{''.join(f', fault {name}' for name in faults)}. Ctrl-C ends it.", flush=True)
    try:
        server.serve_forever()
    finally:
        server.server_close()


def _routes(plan: Plan, layout: str, faults: Sequence[str]) -> Routes | FaultyRoutes:
    routes = Routes(plan.site(), layout)
    return FaultyRoutes(routes, faults) if faults else routes


class ControlledSite:
    """The site in its child process, whose faults can be changed while it runs.

    Args:
        address: where it is served.
        pipe: to the child; an answer comes for each message.
    """

    def __init__(self, address: str, pipe: Connection) -> None:
        self.address, self._pipe = address, pipe

    def fault(self, *names: str, after: int = 0) -> None:
        """Let the site have these faults, and no others, after so many more requests.

        Raises:
            ValueError: an unknown fault; the message names it.
        """
        self._ask((names, after))

    @property
    def requests(self) -> int:
        """How many requests came since the faults were last changed."""
        return self._ask(None)

    def _ask(self, message: tuple[tuple[str, ...], int] | None) -> int:
        self._pipe.send(message)
        answer: int | Exception = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def running(
    photos: int,
    captions_per_photo: int,
    seed: int,
    port: int = 0,
    layout: str = "angular_2020",
    faults: Sequence[str] = (),
    **more: Unpack[More],
) -> Iterator[str]:
    """Serve the site in a child process while the block runs, and yield its address.

    The arguments are those of `serve`, and so is what is raised.
    """
    with controlled(photos, captions_per_photo, seed, port, layout, faults, **more) as site:
        yield site.address


@contextmanager
def controlled(
    photos: int,
    captions_per_photo: int,
    seed: int,
    port: int = 0,
    layout: str = "angular_2020",
    faults: Sequence[str] = (),
    **more: Unpack[More],
) -> Iterator[ControlledSite]:
    """Serve the site in a child process while the block runs, and yield it.

    It is another process, so that drawing photos takes no time from the crawler's interpreter. It ends with
    the block, and also when the parent is killed. The arguments are those of `serve`.

    Raises:
        OSError: the port is in use; the message names it.
        ValueError: an unknown fault, which the message names, or a plan of no site.
    """
    # `spawn`: a fork would copy the crawler's threads' locks in whatever state they are.
    context = multiprocessing.get_context("spawn")
    resource_tracker.ensure_running()  # else it starts with the child, and lifts the block below
    ours, theirs = context.Pipe()
    settings = (Plan(photos, captions_per_photo, seed, **more), port, layout, tuple(faults))
    child = context.Process(target=_child, args=(theirs, *settings), name="embedded site", daemon=True)
    # A terminal sends these to its whole process group, a supervisor to all processes. The crawler still
    # fetches while it shuts down. The child inherits the block, so there is no moment at which it would end
    # with a traceback; nor would it for want of what this process sends it last, as it waits for its start.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
    try:
        try:
            child.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()  # else recv() would wait for ever if the child died
        answer = ours.recv()
        if isinstance(answer, Exception):
            raise answer
        yield ControlledSite(answer, ours)
    finally:
        ours.close()
        if child.pid is not None:
            _await(child)


def _await(child: SpawnProcess) -> None:
    child.join(5)
    if child.is_alive():
        child.kill()
        child.join()
    child.close()


def _child(parent: Connection, plan: Plan, port: int, layout: str, faults: tuple[str, ...]) -> None:
    """Serve until the parent closes its end of the pipe; the death of the parent closes it too."""
    serving: Future[Server] = Future()
    threading.Thread(target=_obey, args=(parent, serving), daemon=True).start()
    try:
        server = Server(_routes(plan, layout, faults), port)
    except (OSError, ValueError) as error:
        parent.send(error)
        return
    serving.set_result(server)
    with suppress(BrokenPipeError):  # the parent has just ended
        parent.send(server.address)
        server.serve_forever()


def _obey(parent: Connection, serving: "Future[Server]") -> None:
    """Answer the parent's messages, and end with it, also before anything is served."""
    with suppress(EOFError, OSError):
        while True:
            message = parent.recv()
            parent.send(_answer(serving.result(), message))
    os._exit(0)  # nothing is written, so nothing is to be closed


def _answer(server: Server, message: tuple[tuple[str, ...], int] | None) -> int | ValueError:
    """Return how many requests came; let the site have the faults of a message."""
    requests = server.requests
    try:
        if message is not None:
            server.fault(*message)
    except ValueError as error:
        return error
    return requests
