"""Patterns of paths in robots.txt and tdmrep.json: a prefix; `*` is any text in it, a last `$` the end."""

from urllib.parse import unquote_to_bytes, urlsplit


def path_of(url: str) -> bytes:
    """Return what patterns are compared with: the path and query of an address, percent-decoded."""
    parts = urlsplit(url)
    return unquote_to_bytes((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def matches(pattern: str, path: bytes) -> bool:
    """Tell whether a pattern matches a path of `path_of`, in time linear in both.

    Source: RFC 9309, section 2.2.3, and the same words in the TDM Reservation Protocol.
    """
    ends = pattern.endswith("$")
    first, *pieces = unquote_to_bytes(pattern.removesuffix("$")).split(b"*")
    if not path.startswith(first):
        return False
    if not pieces:
        return not ends or path == first
    position = len(first)
    last = pieces.pop() if ends else b""
    for piece in pieces:
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return not ends or (path.endswith(last) and len(path) - len(last) >= position)
