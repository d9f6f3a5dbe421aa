"""Visitors of the web app who mean harm, beside those of `benchmarks.web`: each from a loopback address of
its own.

Some send all but the end of a photo and wait. Others ask for captions without a pause, each time with another
cookie, as if each request came from somebody else.
"""

import asyncio
import secrets
import time
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

PHOTO = 12_000_000
SENT = 11_900_000
"""Of the photo's bytes."""
PIECE = 100_000
STALLING, FORGING = "127.0.1", "127.0.2"
"""The networks that they come from."""


async def stalled(address: str, pipeline: str, number: int, seconds: float) -> str:
    """Send a photo but for its end, and wait; return how it ended: `open`, `closed`, or the answer's
    status."""
    server = urlsplit(address)
    reader, writer = await asyncio.open_connection(
        server.hostname, server.port, local_addr=(f"{STALLING}.{number % 250 + 1}", 0)
    )
    head = f"POST /api/pipelines/{pipeline}/captions HTTP/1.1\r\nHost: {server.netloc}\r\n"
    end = time.monotonic() + seconds
    try:
        writer.write(f"{head}Content-Length: {PHOTO}\r\n\r\n".encode())
        for _ in range(SENT // PIECE):
            writer.write(bytes(PIECE))
            await writer.drain()
        async with asyncio.timeout(max(0.0, end - time.monotonic())):
            line = await reader.readline()
        return line.split()[1].decode() if line else "closed"
    except TimeoutError:
        return "open"
    except OSError:
        return "closed"
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def forging(address: str, pipeline: str, number: int, seconds: float) -> Counter[int | str]:
    """Ask for captions again and again, each time with a new cookie; return how many answers there were of
    each status.
    """
    endings = Counter[int | str]()
    end = time.monotonic() + seconds
    transport = httpx.AsyncHTTPTransport(local_address=f"{FORGING}.{number % 250 + 1}")
    async with httpx.AsyncClient(base_url=address, timeout=60, transport=transport) as client:
        while time.monotonic() < end:
            cookie = {"Cookie": f"visitor={secrets.token_hex(8)}"}
            path = f"/pipelines/{pipeline}/generate?strategy=sample&n=10&seed={secrets.randbelow(1000)}"
            try:
                endings[(await client.get(path, headers=cookie)).status_code] += 1
            except httpx.HTTPError as error:
                endings[type(error).__name__] += 1
    return endings


async def attack(
    address: str, pipeline: str, uploads: int, forgers: int, seconds: float
) -> tuple[Counter[str], Counter[int | str]]:
    """Let them all come at once; return how uploads ended, and what answers the forgers had."""
    ended = asyncio.gather(*(stalled(address, pipeline, number, seconds) for number in range(uploads)))
    answers = asyncio.gather(*(forging(address, pipeline, number, seconds) for number in range(forgers)))
    return Counter(await ended), sum(await answers, Counter[int | str]())
