"""The boxes and items of an ISO media file (ISO/IEC 14496-12, 4.2 and 8.11)."""

from collections.abc import Iterator
from typing import NamedTuple

from store.photo.metadata.formats.blanks import Span

_MOST_ITEMS = 10_000
_MOST_SPANS = 100_000


class Box(NamedTuple):
    """A box: where it starts, where what is in it does, and where it ends."""

    name: bytes
    start: int
    data: int
    end: int


class Item(NamedTuple):
    """An item: its type, where that is written, where its entry ends, and where its bytes are."""

    number: int
    type: bytes
    type_at: int
    entry_end: int
    spans: list[Span]


def boxes(content: bytes, at: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two places.

    Raises:
        ValueError: one is longer than its place.
    """
    while at + 8 <= end:
        size, name, data = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8], at + 8
        if size == 1:
            size, data = int.from_bytes(content[data : data + 8]), at + 16
        size = size or end - at
        if size < data - at or at + size > end:
            raise ValueError(f"the box {name!r} does not fit")
        yield Box(name, at, data, at + size)
        at += size


def children(content: bytes, box: Box, skipped: int = 0) -> dict[bytes, Box]:
    """Return the boxes within one, by name; `skipped` bytes stand before them."""
    return {child.name: child for child in boxes(content, box.data + skipped, box.end)}


def items(content: bytes, meta: Box) -> list[Item]:
    """Return the items of a file.

    Raises:
        ValueError: they are described in a way that is not known.
    """
    within = children(content, meta, 4)
    if b"iinf" not in within or b"iloc" not in within:
        return []
    spans = _spans(content, within[b"iloc"], within.get(b"idat"))
    entries, version = within[b"iinf"], content[within[b"iinf"].data]
    head = 6 if version == 0 else 8
    found = []
    for box in boxes(content, entries.data + head, entries.end):
        if box.name != b"infe" or content[box.data] not in (2, 3):
            raise ValueError("an item of another version")
        width = 2 if content[box.data] == 2 else 4
        type_at = box.data + 4 + width + 2
        number = int.from_bytes(content[box.data + 4 : box.data + 4 + width])
        found.append(Item(number, content[type_at : type_at + 4], type_at, box.end, spans.get(number, [])))
    return found


class _Numbers:
    """Reads numbers one after the other."""

    def __init__(self, content: bytes, at: int, end: int) -> None:
        self._content, self._at, self._end = content, at, end

    def __call__(self, width: int) -> int:
        """Return the next number, of so many bytes."""
        at, self._at = self._at, self._at + width
        if self._at > self._end:
            raise ValueError("a table of places breaks off")
        return int.from_bytes(self._content[at : self._at])


def _spans(content: bytes, iloc: Box, idat: Box | None) -> dict[int, list[Span]]:
    """Return where the bytes of each item are (ISO/IEC 14496-12, 8.11.3)."""
    version, read = content[iloc.data], _Numbers(content, iloc.data + 4, iloc.end)
    widths = read(2)
    offset_width, length_width, base_width = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_width = widths & 15 if version else 0
    number_width = 4 if version == 2 else 2
    found: dict[int, list[Span]] = {}
    left = _MOST_SPANS
    for _ in range(min(read(number_width), _MOST_ITEMS)):
        number = read(number_width)
        method = read(2) & 15 if version else 0
        elsewhere, base = read(2), read(base_width)
        start = {0: 0, 1: idat.data if idat else -1}.get(method, -1)
        if elsewhere or start < 0:
            raise ValueError("an item whose bytes are not in the file, or in another item")
        count = read(2)
        left -= count
        if left < 0:
            raise ValueError("far too many places")
        for _ in range(count):
            read(index_width)
            at, length = start + base + read(offset_width), read(length_width)
            end = at + length if length else len(content)
            if end > len(content):
                raise ValueError("an item behind the file's end")
            found.setdefault(number, []).append((at, end))
    return found


def thumbnails(content: bytes, meta: Box) -> set[int]:
    """Return the numbers of the items that are thumbnails of others."""
    box = children(content, meta, 4).get(b"iref")
    if box is None:
        return set()
    width = 4 if content[box.data] else 2
    references = boxes(content, box.data + 4, box.end)
    return {int.from_bytes(content[one.data : one.data + width]) for one in references if one.name == b"thmb"}
