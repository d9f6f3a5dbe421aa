"""Faults of HTTP: statuses, headers, redirects, bodies that are not sent as they should be."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from demo.responses import Asked, Response

Fault = Callable[[Response, Asked, int], Response]
_PLAIN = "text/plain; charset=utf-8"


def refused(status: int, times: int, retry_after: str = "") -> Fault:
    """Return the fault of answering with a status to the first `times` requests."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        if before >= times:
            return response
        headers = {"Retry-After": retry_after} if retry_after else {}
        return Response(status, f"{status}\n".encode(), _PLAIN, headers)

    return fault


def wide(fault: Fault) -> Fault:
    """Return a fault that only the widest copy of a photo has."""

    def of_the_widest(response: Response, asked: Asked, before: int) -> Response:
        return fault(response, asked, before) if "/600/" in asked.target else response

    return of_the_widest


def later(response: Response, asked: Asked, before: int) -> Response:
    """Answer 429 to the first request, with a date 2 seconds ahead."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    return refused(429, 1, date)(response, asked, before)


def delivered(delivery: str, times: int = 10**9) -> Fault:
    """Return the fault of sending the first `times` bodies in another way."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        return replace(response, delivery=delivery) if before < times else response

    return fault


def redirected(address: str) -> Fault:
    """Return the fault of a redirect to an address."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        return Response(302, b"", _PLAIN, {"Location": address})

    return fault


def loop(response: Response, asked: Asked, before: int) -> Response:
    """Redirect to the same page with another query, and from there back."""
    path, _, query = asked.target.partition("?")
    return Response(302, b"", _PLAIN, {"Location": path if "again" in query else f"{path}?again=1"})


def robots(status: int, body: bytes, content_type: str = _PLAIN) -> Fault:
    """Return the fault of another robots.txt."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        return Response(status, body, content_type) if asked.kind == "robots" else response

    return fault


def disallow(response: Response, asked: Asked, before: int) -> Response:
    """Forbid the odai whose ids end in 3."""
    if asked.kind != "robots":
        return response
    return replace(response, body=response.body + b"Disallow: /odai/*3$\nDisallow: /odai/*3?\n")


def delay(response: Response, asked: Asked, before: int) -> Response:
    """Ask for a second between requests."""
    return replace(response, body=response.body + b"Crawl-delay: 1\n") if asked.kind == "robots" else response


def blocked(response: Response, asked: Asked, before: int) -> Response:
    """Refuse everything but robots.txt."""
    return response if asked.kind == "robots" else Response(403, b"403\n", _PLAIN)


def headed(name: str, value: str) -> Fault:
    """Return the fault of one more header."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        return replace(response, headers={**response.headers, name: value})

    return fault


def bad_gzip(response: Response, asked: Asked, before: int) -> Response:
    """Call a plain body gzip."""
    return replace(response, headers={**response.headers, "Content-Encoding": "gzip"})


def gzip_bomb(response: Response, asked: Asked, before: int) -> Response:
    """Send a megabyte that unpacks to a gigabyte of spaces."""
    return replace(response, body=_bomb(), headers={**response.headers, "Content-Encoding": "gzip"})


@lru_cache(1)
def _bomb() -> bytes:
    """Return gzip of 1 GiB of spaces: one compressed MiB, a thousand times, which takes no time to make."""
    spaces = b" " * 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(1024):
        check = zlib.crc32(spaces, check)
    header, end = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff", b"\x03\0"
    return header + 1024 * piece + end + struct.pack("<II", check, 2**30)


FAULTS: dict[str, Fault] = {
    "robots-503": robots(503, b"503\n"),
    "robots-404": robots(404, b"404\n"),
    "robots-html": robots(200, b"<!DOCTYPE html><title>robots</title>", "text/html"),
    "robots-disallow": disallow,
    "robots-delay": delay,
    "blocked": blocked,
    "403-burst": refused(403, 2),
    "429": refused(429, 1, "1"),
    "429-date": later,
    "503": refused(503, 1, "1"),
    "500": refused(500, 1),
    "500-always": refused(500, 10**9),
    "reset": delivered("reset", 1),
    "reset-always": delivered("reset"),
    "cut-short": delivered("short"),
    "bad-gzip": bad_gzip,
    "gzip-bomb": gzip_bomb,
    "slow": delivered("slow"),
    "endless": delivered("endless"),
    "endless-slow": delivered("endless-slow"),
    "redirect-loop": loop,
    "redirect-private": redirected("http://10.0.0.1/odai/1"),
    "redirect-loopback": redirected("http://127.0.0.1:9/odai/1"),
    "redirect-elsewhere": redirected("http://example.com/odai/1"),
    "redirect-file": redirected("file:///etc/passwd"),
    "opt-out-header": headed("X-Robots-Tag", "noai, noimageai"),
    "opt-out-others": headed("X-Robots-Tag", "otherbot: noai, noindex"),
    "photo-404": refused(404, 10**9),
    "photo-wide-404": wide(refused(404, 10**9)),
    "photo-wide-403": wide(refused(403, 10**9)),
    "photo-500": refused(500, 1),
    "photo-reset": delivered("reset", 1),
    "photo-opt-out": headed("X-Robots-Tag", "noimageai"),
}
