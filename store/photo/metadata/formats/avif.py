"""AVIF: the items and boxes that hold metadata, and the file with zeros in their place.

Source: ISO/IEC 14496-12 (boxes, items); ISO/IEC 23008-12 (EXIF and XMP as items, thumbnails); XMP
specification part 3, section 1.2.7 (its box).
"""

from store.photo.metadata.blocks import Blocks
from store.photo.metadata.formats.blanks import Span, blanked, overlaps
from store.photo.metadata.formats.boxes import Box, Item, boxes, items, thumbnails

_NEEDED = {
    b"": frozenset(b"ftyp meta moov mdat".split()),
    b"meta": frozenset(b"hdlr pitm iinf iloc iprp iref idat grpl dinf".split()),
    b"moov": frozenset(b"mvhd trak mvex".split()),
    b"trak": frozenset(b"tkhd tref edts mdia".split()),
}
"""The boxes within others that pictures need."""
_VERSION = {b"meta": 4, b"moov": 0, b"trak": 0}
"""The bytes before what is in them."""
_HANDLER_NAME = 24
"""Where the name of a handler begins, which is that of a program."""
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_METADATA = (b"Exif", b"mime", b"uri ")


def blocks(content: bytes) -> Blocks:
    """Return the metadata of an AVIF."""
    found = Blocks()
    for box in boxes(content, 0, len(content)):
        if box.name == b"uuid" and content.startswith(_XMP_BOX, box.data):
            found.add("xmp", content[box.data + 16 : box.end])
        elif box.name == b"meta":
            for item in items(content, box):
                if item.type in _METADATA:
                    _add(found, item.type, b"".join(content[start:end] for start, end in item.spans[:64]))
    return found


def _add(found: Blocks, kind: bytes, data: bytes) -> None:
    if kind == b"Exif":
        found.add("exif", data[4 + int.from_bytes(data[:4]) :].removeprefix(b"Exif\0\0"))
    elif b"<" in data[:200]:
        found.add("xmp", data)


def cut(content: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return an AVIF without metadata and thumbnails, but with this packet; its orientation is no EXIF.

    Raises:
        ValueError: its boxes do not fit into each other, or an item is of a kind that is not known.
    """
    file = _File(content)
    top = list(boxes(content, 0, len(content)))
    for box in top:
        file.add(box)
    place = file.place_for(packet) if packet else None
    result = file.without_metadata(place, is_animation=any(box.name == b"moov" for box in top))
    if place:
        [(start, end)] = place.spans
        result[start:end] = packet.ljust(end - start)
    del result[max(box.end for box in top if box.name in _NEEDED[b""]) :]
    if packet and place is None:
        result += (len(packet) + 24).to_bytes(4) + b"uuid" + _XMP_BOX + packet
    return bytes(result)


class _File:
    """Sorts the parts of a file: what stays, the boxes of data, the items of pictures, and all others."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._kept: list[Span] = []
        self._data: list[Box] = []
        self._pictures: list[Item] = []
        self._others: list[Item] = []
        self._free: list[Box] = []
        self._names: list[Span] = []

    def add(self, box: Box, within: bytes = b"") -> None:
        """Sort a box, and what is in it."""
        if box.name not in _NEEDED[within]:
            self._free.append(box)
            self._kept.append((box.start, box.data))
        elif box.name in _NEEDED:
            inside = box.data + _VERSION[box.name]
            self._kept.append((box.start, inside))
            for child in boxes(self._content, inside, box.end):
                self.add(child, box.name)
            if box.name == b"meta":
                self._add_items(box)
        elif box.name in (b"mdat", b"idat"):
            self._kept.append((box.start, box.data))
            self._data.append(box)
        else:
            self._kept.append((box.start, box.end))
            if box.name == b"hdlr":
                self._names.append((box.data + _HANDLER_NAME, box.end))

    def _add_items(self, meta: Box) -> None:
        small = thumbnails(self._content, meta)
        for item in items(self._content, meta):
            is_other = item.type in _METADATA or item.number in small
            (self._others if is_other else self._pictures).append(item)

    def place_for(self, packet: bytes) -> Item | None:
        """Return the item of XMP that has room for a packet."""
        for item in self._others:
            if item.type == b"mime" and len(item.spans) == 1:
                [(start, end)] = item.spans
                if len(packet) <= end - start and b"<" in self._content[start : start + 200]:
                    return item
        return None

    def without_metadata(self, place: Item | None, *, is_animation: bool) -> bytearray:
        """Return the file with zeros for metadata; of an animation, the data that no item has stay.

        Args:
            place: the item that stays one.
        """
        pictures = [span for item in self._pictures for span in item.spans]
        gone = [span for item in self._others for span in item.spans]
        if any(overlaps(span, [*self._kept, *pictures]) for span in gone):
            raise ValueError("metadata lie within the picture")
        frames = [(box.data, box.end) for box in self._data] if is_animation else []
        result = blanked(self._content, [*self._kept, *frames, *pictures])
        for start, end in [*self._names, *gone]:
            result[start:end] = bytes(max(end - start, 0))
        for item in self._others:
            if item is not place:
                result[item.type_at : item.entry_end] = b"skip".ljust(item.entry_end - item.type_at, b"\0")
        for box in self._free:
            result[box.start + 4 : box.start + 8] = b"free"
        return result
