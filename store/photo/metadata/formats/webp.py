"""WebP: the chunks of RIFF that hold metadata, and the file without them.

Source: RFC 9649, section 2.
"""

import struct
from collections.abc import Iterator

from store.photo.metadata.blocks import Blocks
from store.photo.metadata.formats.profile import whole_profile

_EXIF, _XMP, _PROFILE = b"EXIF", b"XMP ", b"ICCP"
_PICTURE = frozenset((b"VP8 ", b"VP8L", b"ALPH", b"ANIM"))
_EXTENDED, _FRAME = b"VP8X", b"ANMF"
_FRAME_HEAD = 16
_HAS_PROFILE, _HAS_EXIF, _HAS_XMP = 0x20, 0x08, 0x04
"""Flags of the chunk VP8X."""

Chunk = tuple[bytes, bytes]
"""Name and data."""


def chunks(content: bytes, at: int = 12) -> Iterator[Chunk]:
    """Yield the chunks of a WebP, or of one of its frames, up to the place where it breaks off."""
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        if at + 8 + size > len(content):
            return
        yield name, content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _riff(content: bytes) -> bytes:
    """Return the file up to the end that it states."""
    return content[: 8 + int.from_bytes(content[4:8], "little")]


def blocks(content: bytes) -> Blocks:
    """Return the metadata of a WebP."""
    found = Blocks()
    for name, data in chunks(_riff(content)):
        if name == _EXIF:
            found.add("exif", data.removeprefix(b"Exif\0\0"))
        elif name == _XMP:
            found.add("xmp", data)
    return found


def cut(content: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return a WebP without metadata, but with these; nothing for none.

    Raises:
        ValueError: it has no picture.
    """
    kept: list[Chunk] = []
    for name, data in chunks(_riff(content)):
        if name == _FRAME:
            kept.append((name, data[:_FRAME_HEAD] + _joined(_picture(data))))
        elif name in _PICTURE or name == _EXTENDED:
            kept.append((name, data))
        elif name == _PROFILE and (profile := whole_profile(data)):
            kept.append((name, profile))
    if not any(name in _PICTURE or name == _FRAME for name, _ in kept):
        raise ValueError("the WebP has no picture")
    if kept[0][0] == _EXTENDED:  # only then may there be more than the picture
        kept += [(_EXIF, exif)] if exif else []
        kept += [(_XMP, packet)] if packet else []
        kept[0] = _EXTENDED, bytes((_flags(kept),)) + kept[0][1][1:]
    body = b"WEBP" + _joined(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _picture(frame: bytes) -> list[Chunk]:
    return [(name, data) for name, data in chunks(frame, _FRAME_HEAD) if name in _PICTURE]


def _flags(kept: list[Chunk]) -> int:
    """Return the flags of VP8X for the chunks that are left."""
    names = {name for name, _ in kept}
    flags = kept[0][1][0] & ~(_HAS_PROFILE | _HAS_EXIF | _HAS_XMP)
    held = ((_PROFILE, _HAS_PROFILE), (_EXIF, _HAS_EXIF), (_XMP, _HAS_XMP))
    return flags | sum(flag for name, flag in held if name in names)


def _joined(kept: list[Chunk]) -> bytes:
    return b"".join(
        struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2) for name, data in kept
    )
