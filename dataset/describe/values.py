"""Values of any Arrow type in a few characters, also those that Python's types cannot hold."""

from collections.abc import Iterable
from itertools import islice

import pyarrow as pa

from store.logs import printable

WIDTH = 20
_DEPTH = 4
"""Lists and structs within one another that are looked into."""
_SEEN = 500
"""Characters of a text that are looked at: one may have a billion."""


def in_brief(value: pa.Scalar, depth: int = _DEPTH) -> str:
    """Return a value as a text of at most WIDTH characters that is safe on a terminal."""
    return _cut(printable(_text(value, depth)).replace("\n", "⏎"))


def _text(value: pa.Scalar, depth: int) -> str:
    if isinstance(value, pa.ExtensionScalar | pa.DictionaryScalar):
        value = value.value
    if value is None or not value.is_valid:
        return "–"
    if isinstance(value, pa.ListScalar | pa.LargeListScalar | pa.FixedSizeListScalar):
        first = in_brief(value.values[0], depth - 1) if len(value.values) and depth else ""
        return f"[{len(value.values)}] {first}"
    if isinstance(value, pa.StructScalar):
        return "  ".join(_cells(value, depth))
    if isinstance(value, pa.StringScalar | pa.LargeStringScalar | pa.StringViewScalar):
        start = value.as_buffer()[: 4 * _SEEN] if value.as_buffer() else b""
        return bytes(start).decode(errors="replace")[:_SEEN]
    return _plain(value)


def _cells(value: pa.StructScalar, depth: int) -> Iterable[str]:
    fields = (value[place] for place in range(len(value.type))) if depth else ()
    return islice((in_brief(field, depth - 1) for field in fields if field.is_valid), WIDTH)


def _plain(value: pa.Scalar) -> str:
    """Return a value without parts; Python has no year 0, none after 9999, and no nanoseconds."""
    if not pa.types.is_temporal(value.type):
        return str(value.as_py())
    try:
        return str(value.cast(pa.string()))
    except pa.ArrowException:  # a duration, say: its number
        return str(value.value)


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
