"""Files whose parts refer to each other by their place: what is not kept becomes zeros, and nothing moves."""

from collections.abc import Iterable

Span = tuple[int, int]
"""Where something starts in a file, and where it ends."""


def blanked(content: bytes, kept: Iterable[Span]) -> bytearray:
    """Return a file with zeros in place of all that is not kept."""
    result, source = bytearray(len(content)), memoryview(content)
    for start, end in kept:
        result[start:end] = source[start:end]
    return result


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    """Tell whether a span shares a byte with one of the others."""
    return any(max(span[0], start) < min(span[1], end) for start, end in others)
