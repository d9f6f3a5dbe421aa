"""Child processes: for the site, whose work must not count, and for each crawl: a reactor runs only once."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.crawl.sites import Respond

CONTEXT = multiprocessing.get_context("spawn")


@contextmanager
def served(make: Callable[[], Respond]) -> Iterator[tuple[str, Connection]]:
    """Serve a site in a child process; yield its address, and a pipe with the time of the first odai."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=serve, args=(make, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.kill()
        process.join()


def in_a_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Run a function in a child process and return its result."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_send, args=(theirs, function, *arguments))
    process.start()
    theirs.close()  # so that recv() fails, instead of waiting, if the child dies
    result = ours.recv()
    process.join()
    return result


def _send(pipe: Connection, function: Callable[..., Any], *arguments: object) -> None:
    pipe.send(function(*arguments))


def serve(make: Callable[[], Respond], pipe: Connection) -> None:
    """Answer GET requests from memory; send the address, then the time of the first odai request."""
    respond = make()
    first_request: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            target = head.split(b" ", 2)[1].decode()
            path = "/" + target.split("/", 3)[3] if target.startswith("http") else target
            body, kind = respond(path)
            if path.startswith("/odai/") and not first_request:
                first_request.append(time.time())
                pipe.send(first_request[0])
            length = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(length.encode() + body)
            await writer.drain()

    async def answer_until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer_until_closed, "127.0.0.1", 0)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await asyncio.get_running_loop().run_in_executor(None, pipe.poll, None)

    asyncio.run(main())
