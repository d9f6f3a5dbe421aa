"""Faults of HTTP: error statuses, headers, redirects, bodies that are badly sent."""

import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from demo.faults.fault import Fault, Request
from demo.serving.responses import Response

_PLAIN = "text/plain; charset=utf-8"


def refused(status: int, times: int, retry_after: str = "") -> Fault:
    """Return the fault that answers the first `times` requests with an error status."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        if earlier >= times:
            return response
        headers = {"Retry-After": retry_after} if retry_after else {}
        return Response(status, f"{status}\n".encode(), _PLAIN, headers)

    return fault


def widest_only(fault: Fault) -> Fault:
    """Return the fault limited to the widest copy of a photo, 600 pixels."""

    def fault_of_widest(response: Response, request: Request, earlier: int) -> Response:
        return fault(response, request, earlier) if "/600/" in request.target else response

    return fault_of_widest


def retry_at_date(response: Response, request: Request, earlier: int) -> Response:
    """Answer 429 to the first request, with a Retry-After date 2 seconds ahead."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    return refused(429, 1, date)(response, request, earlier)


def delivered(delivery: str, times: int = 10**9) -> Fault:
    """Return the fault that sends the first `times` bodies in a bad way."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return replace(response, delivery=delivery) if earlier < times else response

    return fault


def redirected(address: str) -> Fault:
    """Return the fault that redirects to an address."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return Response(302, b"", _PLAIN, {"Location": address})

    return fault


def redirect_loop(response: Response, request: Request, earlier: int) -> Response:
    """Redirect to the same page with another query, and from there back."""
    path, _, query = request.target.partition("?")
    return Response(302, b"", _PLAIN, {"Location": path if "again" in query else f"{path}?again=1"})


def robots_replaced(status: int, body: bytes, content_type: str = _PLAIN) -> Fault:
    """Return the fault that replaces robots.txt."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return Response(status, body, content_type) if request.kind == "robots" else response

    return fault


def robots_disallow(response: Response, request: Request, earlier: int) -> Response:
    """Disallow the odai whose ids end in 3."""
    if request.kind != "robots":
        return response
    return replace(response, body=response.body + b"Disallow: /odai/*3$\nDisallow: /odai/*3?\n")


def robots_delay(response: Response, request: Request, earlier: int) -> Response:
    """Request a delay of a second between requests."""
    return (
        replace(response, body=response.body + b"Crawl-delay: 1\n") if request.kind == "robots" else response
    )


def robots_disallow_all(response: Response, request: Request, earlier: int) -> Response:
    """Disallow the whole site."""
    return replace(response, body=b"User-agent: *\nDisallow: /\n") if request.kind == "robots" else response


def blocked(status: int, retry_after: str = "") -> Fault:
    """Return the fault that answers everything but robots.txt with an error status."""
    refuse = refused(status, 10**9, retry_after)

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return response if request.kind == "robots" else refuse(response, request, earlier)

    return fault


def with_header(name: str, value: str) -> Fault:
    """Return the fault that adds a header."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return replace(response, headers={**response.headers, name: value})

    return fault


def bad_gzip(response: Response, request: Request, earlier: int) -> Response:
    """Label an uncompressed body as gzip."""
    return replace(response, headers={**response.headers, "Content-Encoding": "gzip"})


def gzip_bomb(response: Response, request: Request, earlier: int) -> Response:
    """Send a megabyte that decompresses to a gigabyte of spaces."""
    return replace(response, body=_bomb(), headers={**response.headers, "Content-Encoding": "gzip"})


@lru_cache(1)
def _bomb() -> bytes:
    """Return 1 GiB of spaces as gzip: one compressed MiB repeated 1024 times, which is quick to make."""
    spaces = b" " * 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A full flush ends on a byte boundary and refers to nothing before it, so the piece can be repeated.
    piece = packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(1024):
        check = zlib.crc32(spaces, check)
    header, end = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff", b"\x03\0"
    return header + 1024 * piece + end + struct.pack("<II", check, 2**30)


FAULTS: dict[str, Fault] = {
    "robots-503": robots_replaced(503, b"503\n"),
    "robots-404": robots_replaced(404, b"404\n"),
    "robots-html": robots_replaced(200, b"<!DOCTYPE html><title>robots</title>", "text/html"),
    "robots-disallow": robots_disallow,
    "robots-delay": robots_delay,
    "robots-disallow-all": robots_disallow_all,
    "blocked": blocked(403),
    "blocked-401": blocked(401),
    "blocked-429": blocked(429, "7200"),
    "blocked-503": blocked(503, "7200"),
    # Refusals that end: a crawler should slow down, try again, and lose nothing.
    "403-burst": refused(403, 2),
    "429": refused(429, 1, "1"),
    "429-date": retry_at_date,
    "503": refused(503, 1, "1"),
    "500": refused(500, 1),
    "500-always": refused(500, 10**9),
    # Bodies that break off, lie about their length or encoding, or never end.
    "reset": delivered("reset", 1),
    "reset-always": delivered("reset"),
    "cut-short": delivered("short"),
    "bad-gzip": bad_gzip,
    "gzip-bomb": gzip_bomb,
    "slow": delivered("slow"),
    "endless": delivered("endless"),
    "endless-slow": delivered("endless-slow"),
    # Targets that a crawler must refuse: each is a way to make it fetch what its user never allowed.
    "redirect-loop": redirect_loop,
    "redirect-private": redirected("http://10.0.0.1/odai/1"),
    "redirect-loopback": redirected("http://127.0.0.1:9/odai/1"),
    "redirect-elsewhere": redirected("http://example.com/odai/1"),
    "redirect-file": redirected("file:///etc/passwd"),
    # The first must be obeyed; the second is addressed to another robot.
    "opt-out-header": with_header("X-Robots-Tag", "noai, noimageai"),
    "opt-out-others": with_header("X-Robots-Tag", "otherbot: noai, noindex"),
    "photo-404": refused(404, 10**9),
    "photo-wide-404": widest_only(refused(404, 10**9)),
    "photo-wide-403": widest_only(refused(403, 10**9)),
    "photo-500": refused(500, 1),
    "photo-reset": delivered("reset", 1),
    "photo-opt-out": with_header("X-Robots-Tag", "noimageai"),
}
