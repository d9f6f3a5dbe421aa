"""Evidence that bytes are missing from an answer: in its coding, in its text, at its end."""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import brotli  # type: ignore[import-untyped]
from backports import zstd

CODINGS = ("gzip", "x-gzip", "deflate", "br", "zstd")
"""The content codings that are decoded here (RFC 9110, section 8.4.1; RFC 8878 for zstd)."""

_PIECE = 64 * 1024
_TAIL = 64 * 1024
_DEEPEST = 2040
"""Elements within each other; libxml2 reads 2,048, some of which it adds itself."""
_START = re.compile(rb"<(?:html|body)[\s>]", re.I)
_END = re.compile(rb"</(?:html|body)\s*>", re.I)


class CutError(ValueError):
    """The end of a body is missing, or its checksum says that something else is."""


class TooLargeError(ValueError):
    """A body has more bytes than it may have once it is decoded."""


def decoded(body: bytes, codings: Iterable[str], limit: int) -> bytes:
    """Return a body without its content codings.

    Args:
        body: the bytes as they were sent.
        codings: names of CODINGS, in the order in which they were applied.
        limit: the most bytes that it may have, decoded; 0 for any number.

    Raises:
        CutError: the coded stream has no end, or its checksum is wrong.
        TooLargeError: it has more than `limit` bytes.
    """
    for name in reversed(list(codings)):
        pieces, size = [], 0
        try:
            for piece in _DECODERS[name](body):
                size += len(piece)
                if limit and size > limit:
                    raise TooLargeError
                pieces.append(piece)
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise CutError(f"its {name} is damaged ({error})") from error
        body = b"".join(pieces)
    return body


def _inflated(body: bytes, bits: int, name: str) -> Iterator[bytes]:
    stream = zlib.decompressobj(bits)
    yield stream.decompress(body, _PIECE)
    while not stream.eof:
        rest = stream.unconsumed_tail
        piece = stream.decompress(rest, _PIECE)
        if not piece and not stream.eof and len(stream.unconsumed_tail) == len(rest):
            raise CutError(f"its {name} has no end: the last bytes are missing")
        yield piece
    if name == "gzip" and stream.unused_data.startswith(b"\x1f\x8b"):
        yield from _inflated(stream.unused_data, bits, name)  # RFC 1952: members one after another


def _gzip(body: bytes) -> Iterator[bytes]:
    yield from _inflated(body, zlib.MAX_WBITS | 16, "gzip")


def _deflate(body: bytes) -> Iterator[bytes]:
    # The coding is the zlib format; some servers leave its two bytes of header and its checksum out.
    has_header = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    yield from _inflated(body, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS, "deflate")


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    yield stream.process(body, output_buffer_limit=_PIECE)
    while not stream.is_finished():
        piece = stream.process(b"", output_buffer_limit=_PIECE)
        if not piece:
            raise CutError("its br has no end: the last bytes are missing")
        yield piece


def _zstd(body: bytes) -> Iterator[bytes]:
    while body:
        stream = zstd.ZstdDecompressor()
        yield stream.decompress(body, _PIECE)
        while not stream.eof:
            if stream.needs_input:
                raise CutError("its zstd has no end: the last bytes are missing")
            yield stream.decompress(b"", _PIECE)
        body = stream.unused_data if stream.unused_data.startswith(b"\x28\xb5\x2f\xfd") else b""


_DECODERS = dict(zip(CODINGS, (_gzip, _gzip, _deflate, _brotli, _zstd), strict=True))


def ends_in_half_a_character(body: bytes) -> bool:
    """Tell whether UTF-8 ends within a character, while all before it is right."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(body)
    except UnicodeDecodeError:
        return False
    return bool(decoder.getstate()[0])


def page_is_cut(body: bytes) -> str | None:
    """Return why a page of the site is not whole; None if nothing says so.

    HTML may leave `</html>` out; pages of the site never do, in any year. A panel, which a list goes on by,
    has neither a start nor an end.
    """
    if ends_in_half_a_character(body):
        return "the page ends within a character: its last bytes are missing"
    tail = body[-_TAIL:].replace(b"\x00", b"")  # UTF-16 has one after each letter
    is_whole = _END.search(tail) or not _START.search(body[:_TAIL].replace(b"\x00", b""))
    return None if is_whole else "the page has no end (</html>): its last bytes are missing"


def tree_is_cut(root: Any) -> str | None:
    """Return why a parsed page is not whole: libxml2 stops where elements are nested too deeply.

    Then the last element of the tree is as deep as can be.

    Args:
        root: the root element, lxml's.
    """
    depth, last = 0, root
    while len(last):
        last, depth = last[-1], depth + 1
    return f"elements are nested {depth} deep: what stands behind is not read" if depth >= _DEEPEST else None


def photo_is_cut(content: bytes) -> bool:
    """Tell whether a JPEG, PNG, GIF or WebP lacks its end: a mark, or the length that it gives itself."""
    if content.startswith(b"\xff\xd8\xff"):
        return content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda")
    if content.startswith(b"\x89PNG"):
        return b"IEND" not in content
    if content.startswith(b"GIF8"):
        return not content.rstrip(b"\x00").endswith(b";")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return len(content) < int.from_bytes(content[4:8], "little") + 8
    return False


def tdm_file_is_cut(body: bytes) -> bool:
    """Tell whether a JSON array begins and does not end: its last rules may be lost."""
    text = body.removeprefix(codecs.BOM_UTF8).strip()
    return text.startswith(b"[") and not text.endswith(b"]")


def robots_txt_is_cut(body: bytes, *, may_be_partial: bool) -> bool:
    """Tell whether the last rule of a robots.txt may be lost.

    Args:
        body: the file.
        may_be_partial: whether only the end of the connection told where it ends. Then a last line without
            a line break may be the half of one.
    """
    if ends_in_half_a_character(body):
        return True
    return may_be_partial and bool(body) and body[-1:] not in (b"\n", b"\r", b"\x00")
