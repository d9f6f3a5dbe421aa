"""GIF: the extensions that hold metadata, and the file without them.

Source: Graphics Interchange Format, version 89a, sections 23 to 27; XMP specification part 3, section 1.1.2.
"""

from collections.abc import Iterator

from store.photo.metadata.blocks import Blocks

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_CONTROL, _PLAIN_TEXT, _APPLICATION = 0xF9, 0x01, 0xFF
_XMP = b"XMP DataXMP"
_LOOPS, _PROFILE = (b"NETSCAPE2.0", b"ANIMEXTS1.0"), b"ICCRGBG1012"
_MAGIC = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\0"
"""Leads a reader that takes a packet's letters for lengths of blocks to the last of them, which is empty."""

Block = tuple[int, int, int, int]
"""What a block is (an extension's label, _IMAGE or _TRAILER), where it starts, where its data do, its end."""


def _blocks(content: bytes) -> Iterator[Block]:
    """Yield the blocks behind the table of colours.

    Raises:
        IndexError: the file breaks off.
        ValueError: what comes is no block.
    """
    at = 13 + _colours(content[10])
    while True:
        start, kind = at, content[at]
        if kind == _TRAILER:
            yield kind, at, at + 1, at + 1
            return
        if kind == _EXTENSION:
            kind, data = content[at + 1], at + 2
        elif kind == _IMAGE:
            data = at + 10 + _colours(content[at + 9]) + 1
        else:
            raise ValueError(f"the block {kind:02X}")
        at = data
        while content[at]:
            at += 1 + content[at]
        at += 1
        yield kind, start, data, at


def _colours(flags: int) -> int:
    """Return the bytes of the table of colours that these flags announce."""
    return 3 * 2 ** (flags % 8 + 1) if flags & 0x80 else 0


def blocks(content: bytes) -> Blocks:
    """Return the metadata of a GIF, as far as it goes."""
    found = Blocks()
    try:
        for kind, _, data, end in _blocks(content):
            if kind == _APPLICATION and content.startswith(_XMP, data + 1):
                found.add("xmp", content[data + 1 + len(_XMP) : end].rpartition(_MAGIC[:4])[0])
    except (IndexError, ValueError):
        pass
    return found


def cut(content: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return a GIF without comments and applications' data, but with this packet; a GIF holds no EXIF.

    Raises:
        IndexError: the file breaks off.
        ValueError: what comes is no block.
    """
    kept = [content[: 13 + _colours(content[10])]]
    if packet:
        kept.append(bytes((_EXTENSION, _APPLICATION, len(_XMP))) + _XMP + packet + _MAGIC)
    for kind, start, data, end in _blocks(content):
        if kind in (_IMAGE, _TRAILER, _CONTROL, _PLAIN_TEXT):
            kept.append(content[start:end])
        elif kind == _APPLICATION:
            kept.append(_application(content, start, data, end))
    return b"".join(kept)


def _application(content: bytes, start: int, data: int, end: int) -> bytes:
    """Return how often an animation is shown, or a colour profile; nothing, of any other application."""
    if content.startswith(_PROFILE, data + 1):
        return content[start:end]
    if content.startswith(_LOOPS, data + 1):
        first = data + 1 + content[data]
        is_loop = content[first] == 3 and content[first + 1] == 1
        return content[start : first + 4] + b"\0" if is_loop else b""
    return b""
