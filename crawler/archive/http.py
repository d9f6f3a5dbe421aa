"""The block of a WARC record of HTTP: a status line, headers, and a body that may still be coded."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from crawler.parsing.wholeness import CODINGS, CutError, TooLargeError, decoded

Header = tuple[str, str]

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{1,3})\b")
_END = re.compile(rb"\r?\n\r?\n")
_MOST_HEAD, _MOST_HEADERS = 256 * 1024, 1000
_MARKS = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
"""What bytes of a coding begin with; br and deflate have no such mark."""
_SECRET = frozenset(("set-cookie", "set-cookie2"))
_OF_THE_CONNECTION = frozenset(("content-length", "transfer-encoding", "connection", "keep-alive"))


class UnreadableBlock(ValueError):
    """A block that is no HTTP answer, or whose body cannot be decoded; the message says why."""


def http_head(status: int, headers: Iterable[Header], length: int) -> bytes:
    """Return status line and headers for a body of `length` bytes that is sent as it is.

    Cookies stay out, and headers that say how the body was sent: it has neither coding nor chunks any more.
    """
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in _SECRET | _OF_THE_CONNECTION and not _is_undone(name, value)
    ]
    kept.append(("Content-Length", str(length)))
    lines = "".join(f"{_one_line(name)}: {_one_line(value)}\r\n" for name, value in kept)
    return f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode("latin-1", "replace")


def parse_http(block: bytes, most: int) -> tuple[int, tuple[Header, ...], bytes]:
    """Return status, headers and body of a block, the body without chunks and content codings.

    Args:
        most: the most bytes of the body, decoded.

    Raises:
        UnreadableBlock: it is no HTTP answer, or its body is damaged or too large.
    """
    status, end = _STATUS.match(block), _END.search(block, 0, _MOST_HEAD)
    if not status:
        raise UnreadableBlock("it does not begin with the status line of an HTTP answer")
    if not end and len(block) >= _MOST_HEAD:
        raise UnreadableBlock(f"its headers have more than {_MOST_HEAD:,} bytes")
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    headers = _headers(head)
    values = {name.lower(): value.lower() for name, value in headers}
    if "chunked" in values.get("transfer-encoding", ""):
        body = _without_chunks(body)
    codings = [name.strip() for name in values.get("content-encoding", "").split(",")]
    codings = [name for name in codings if name not in ("", "identity")]
    if not body or any(name not in CODINGS for name in codings):
        return int(status[1]), headers, body
    try:
        body = decoded(body, codings, most)
    except TooLargeError:
        raise UnreadableBlock(f"its body has more than {most:,} bytes once it is decoded") from None
    except CutError as error:
        if not _was_decoded(body, codings[-1]):
            raise UnreadableBlock(f"its body is not whole: {error}") from None
    return int(status[1]), headers, body


def _was_decoded(body: bytes, coding: str) -> bool:
    """Tell whether a tool undid the coding and kept the header, as those that record a browser do."""
    mark = _MARKS.get(coding)
    return body.lstrip().startswith(b"<") if mark is None else not body.startswith(mark)


def _headers(head: bytes) -> tuple[Header, ...]:
    found: list[Header] = []
    for line in head.split(b"\n", _MOST_HEADERS)[1:_MOST_HEADERS]:
        text = line.decode("latin-1").rstrip("\r")
        if text[:1] in (" ", "\t") and found:  # RFC 9112, section 5.2: a value that goes on
            found[-1] = found[-1][0], f"{found[-1][1]} {text.strip()}"
            continue
        name, colon, value = text.partition(":")
        if colon and name.strip():
            found.append((name.strip(), value.strip()))
    return tuple(found)


_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")


def _without_chunks(body: bytes) -> bytes:
    """Return a body without its chunks; as it is where it has none: some tools undo them and keep the header.

    Raises:
        UnreadableBlock: it ends within a chunk.
    """
    pieces: list[bytes] = []
    at = 0
    while match := _CHUNK.match(body, at):
        size, start = int(match[1], 16), match.end()
        if size == 0:
            return b"".join(pieces)
        pieces.append(body[start : start + size])
        if len(pieces[-1]) < size:
            break
        at = start + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    if not pieces:
        return body
    raise UnreadableBlock("its body ends within a chunk")


def _is_undone(name: str, value: str) -> bool:
    """Tell whether a header names codings that the crawl undoes before it hands on a body."""
    return name.lower() == "content-encoding" and all(
        one.strip() in (*CODINGS, "identity", "") for one in value.lower().split(",")
    )


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]+", " ", text)
