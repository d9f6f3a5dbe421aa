"""PNG: the chunks that hold metadata, and the file without them.

Source: Portable Network Graphics specification, third edition, 5.3 and 11.3; XMP specification part 3,
section 1.1.5. The texts named "Raw profile type" are ImageMagick's.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from store.photo.containers import PNG
from store.photo.metadata.blocks import MOST_BYTES, Blocks, unpacked
from store.photo.metadata.formats.profile import whole_profile

_PICTURE = frozenset(b"IHDR PLTE tRNS IDAT IEND acTL fcTL fdAT".split())
"""The chunks that decide pixels, those of animations too."""
_COLOUR = frozenset(b"gAMA cHRM sRGB sBIT cICP mDCV cLLI bKGD pHYs".split())
"""Those that say how to show them; all are short, and hold numbers alone."""
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "
_HEXADECIMAL = re.compile(rb"\s*\w+\s+(\d{1,9})\s([0-9a-fA-F\s]*)")
_TEXTS = ("author", "copyright")
_LONGEST_COLOUR = 64

Chunk = tuple[bytes, int, int]
"""The name of a chunk, and where it starts and ends in the file; its data lie 8 bytes and 4 bytes within."""


def chunks(content: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG, up to its end or the place where it breaks off."""
    at = len(PNG)
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            return
        yield name, at, end
        if name == b"IEND":
            return
        at = end


def blocks(content: bytes) -> Blocks:
    """Return the metadata of a PNG; of a chunk whose checksum is wrong too."""
    found = Blocks()
    for name, start, end in chunks(content):
        if name == b"eXIf":
            found.add("exif", content[start + 8 : end - 4].removeprefix(b"Exif\0\0"))
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            _add_text(found, *_text(name, content[start + 8 : end - 4]))
    return found


def _text(name: bytes, data: bytes) -> tuple[bytes, bytes, str]:
    """Return keyword and text of one of the three chunks with texts, and the text's encoding."""
    keyword, _, rest = data.partition(b"\0")
    if name == b"tEXt":
        return keyword, rest, "latin-1"
    if name == b"zTXt":
        return keyword, unpacked(rest[1:]), "latin-1"
    is_packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return keyword, unpacked(text) if is_packed else text, "utf-8"


def _add_text(found: Blocks, keyword: bytes, text: bytes, encoding: str) -> None:
    if keyword == _XMP:
        found.add("xmp", text)
    elif keyword.startswith(_RAW):
        _add_raw(found, keyword.removeprefix(_RAW).lower(), text)
    elif (name := keyword.decode("latin-1").lower()) in _TEXTS:
        found.texts.setdefault(name, text[:MOST_BYTES].decode(encoding, "replace"))


def _add_raw(found: Blocks, kind: bytes, text: bytes) -> None:
    """Add a block that is written in hexadecimal digits, a name and its length before them."""
    match = _HEXADECIMAL.match(text[: 2 * MOST_BYTES])
    digits = b"".join(match[2].split()) if match else b""
    data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    if kind in (b"exif", b"app1"):
        is_xmp = data.startswith(b"http:")
        found.add(
            "xmp" if is_xmp else "exif",
            data.partition(b"\0")[2] if is_xmp else data.removeprefix(b"Exif\0\0"),
        )
    elif kind == b"xmp":
        found.add("xmp", data)
    elif kind in (b"iptc", b"8bim"):
        found.add_photoshop(data.removeprefix(b"Photoshop 3.0\0"))
        if data.startswith(b"\x1c"):
            found.add("iptc", data)


def cut(content: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return a PNG without metadata, but with these; nothing for none.

    Raises:
        ValueError: it breaks off.
    """
    kept, name = [PNG], b""
    for name, start, end in chunks(content):
        if name in _PICTURE or (name in _COLOUR and end - start <= _LONGEST_COLOUR):
            kept.append(content[start:end])
        elif name == b"iCCP":
            kept.append(_profile(content[start:end]))
        if name == b"IHDR":
            kept += [_chunk(b"eXIf", exif)] if exif else []
            kept += [_chunk(b"iTXt", _XMP + b"\0\0\0\0\0" + packet)] if packet else []
    if name != b"IEND":
        raise ValueError("the PNG has no end")
    return b"".join(kept)


def _profile(chunk: bytes) -> bytes:
    """Return the chunk of a colour profile, if it is one; the name that was given it may be anybody's."""
    profile = whole_profile(unpacked(chunk[8:-4].partition(b"\0")[2][1:]))
    return _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)) if profile else b""


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))
