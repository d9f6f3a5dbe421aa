"""Takes from a file what its pixels need, so that metadata can do no harm; and sees whether it is whole.

A decoder reads every chunk and segment of a file, and refuses a good picture for a bad comment. But it does
not compare the checksums of a PNG's pixels.
"""

import re
import struct
import zlib
from collections.abc import Callable

from store.photo.errors import HEIC, UnusablePhoto

PNG = b"\x89PNG\r\n\x1a\n"
_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
"""The chunks of a PNG that decide its pixels; the others are ancillary."""
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_TEXT = b"XML:com.adobe.xmp\0\0"
"""The keyword of a PNG's iTXt chunk with XMP that is not compressed."""
_SMALL = 2**16
"""XMP of more bytes is not asked for an orientation."""
_EXIF_ITEM = re.compile(rb"(infe[\x02\x03]..[\x00\x01].{2,4}\0\0)Exif", re.DOTALL)
"""The entry of an ISO media file that says which item is EXIF (ISO/IEC 14496-12, ItemInfoEntry)."""
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_NEEDED = ((0xE0, b"JFIF\0", 16), (0xE1, b"Exif\0", 12), (0xE1, _XMP, 40), (0xEE, b"Adobe", 16))
"""A JPEG's segments that decide colours or orientation: marker, how the data begins, the least bytes."""
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""In the data of a scan 0xFF has a zero or a restart after it (ITU-T T.81, B.1.1.5), so this is no data."""
_SCAN, _END, _LOSSLESS = 0xDA, 0xD9, (0xC3, 0xC7, 0xCB, 0xCF)
"""A JPEG's markers: start of scan; end of image; lossless frames (ITU-T T.81, table B.1)."""
MOST_SCANS = 500
"""A JPEG may send its picture in so many scans; real ones have about ten. Each costs the decoder a pass over
the picture, 17 ms at 25 megapixels, and may have 42 bytes. Source: libjpeg-turbo's TJFLAG_LIMITSCANS."""

_CLAIMS = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "AVIF": rb"....ftypavi[fs]",
    "HEIF": rb"....ftyp(hei|hev|mif|msf)",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",  # two letters alone begin many a text
    "TIFF": rb"II([*+]\0|\0\*)|MM(\0[*+]|\*\0)",
}
"""How files of each format begin."""
CLAIM = 18
"""The bytes of a file that tell which format it claims."""

Cleaned = tuple[bytes, str | None]
"""What is left of a file, and what is wrong with it; None where nothing is."""


def pixels_only(content: bytes) -> Cleaned:
    """Return a file with what decides its picture and its orientation, and no other metadata.

    Returns:
        That, and the reason why the file is no whole picture: it is cut short, or a checksum of its pixels is
        wrong. The decoder may find other reasons.

    Raises:
        UnusablePhoto: it is HEIC.
    """
    for start, clean in _CLEANERS.items():
        if content.startswith(start):
            return clean(content)
    return (_media(content) if content[4:8] == b"ftyp" else content), None


def claimed_format(content: bytes) -> str | None:
    """Return the format of photos that the first `CLAIM` bytes of a file claim; None if they claim none."""
    return next((name for name, start in _CLAIMS.items() if re.match(start, content, re.DOTALL)), None)


def is_lossless_jpeg(content: bytes) -> bool:
    """Tell whether a file is a lossless JPEG, which cannot be decoded at a fraction of its size."""
    return content.startswith(b"\xff\xd8") and any(name in _LOSSLESS for name, _, _ in segments(content))


def is_plain_jpeg(content: bytes) -> bool:
    """Tell whether a file is a JPEG of one upright picture, as each version of the decoder says."""
    return content.startswith(b"\xff\xd8") and not any(
        name in _LOSSLESS or content.startswith((b"Exif\0", _XMP, b"MPF\0"), start + 4)
        for name, start, _ in segments(content)
    )


def _png(content: bytes) -> Cleaned:
    """Source: Portable Network Graphics specification, third edition, 5.3 and 11."""
    kept, at, wrong = [PNG], len(PNG), None
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            break
        whole = zlib.crc32(memoryview(content)[at + 4 : end - 4]) == int.from_bytes(content[end - 4 : end])
        if name in _PIXELS:
            if not whole:
                wrong = wrong or f"the checksum of its {name.decode()} is wrong"
            kept.append(content[at:end])
        elif whole and _may_tell_orientation(name, content[at + 8 : end - 4]):
            kept.append(content[at:end])
        if name == b"IEND":
            return b"".join(kept), wrong
        at = end
    return b"".join(kept), wrong or "the PNG has no end, it is truncated"


def _may_tell_orientation(name: bytes, data: bytes) -> bool:
    return name == b"eXIf" or (name == b"iTXt" and len(data) <= _SMALL and data.startswith(_XMP_TEXT))


def _jpeg(content: bytes) -> Cleaned:
    """Leave out comments, thumbnails, profiles, makers' notes, and the list of further pictures (MPF)."""
    kept, at = [content[:2]], 2
    for name, start, end in segments(content):
        is_extra = 0xE0 <= name <= 0xEF or name == 0xFE  # APP0 to APP15, and comments
        if not is_extra or any(
            name == number and end - start >= least and content.startswith(label, start + 4)
            for number, label, least in _NEEDED
        ):
            kept.append(content[start:end])
        at = end
    scans = _scans(content, at)
    wrong = f"it has more than {MOST_SCANS} scans, and no real one has" if scans > MOST_SCANS else None
    return b"".join([*kept, content[at:]]), wrong


def _scans(content: bytes, at: int) -> int:
    """Return how many scans a JPEG has from a place on to its end, or one more than are decoded.

    What follows its end does not count: a phone puts a film there, whose bytes look like anything.
    """
    count = 0
    while (marker := _MARKER.search(content, at)) and count <= MOST_SCANS:
        name, at = content[marker.end() - 1], marker.end()
        if name == _END:
            break
        count += name == _SCAN
        at += int.from_bytes(content[at : at + 2])
    return count


def segments(content: bytes) -> list[tuple[int, int, int]]:
    """Return the marker of each segment before a JPEG's first scan, where it starts, and where it ends."""
    found, at = [], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        name = content[at + 1]
        if name == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if name == _SCAN or name < 0xC0 or end > len(content):
            break
        found.append((name, at, end))
        at = end
    return found


def _gif(content: bytes) -> Cleaned:
    """Source: Graphics Interchange Format, version 89a, appendix A."""
    try:
        at = 13 + _colours(content[10])
        while (block := content[at]) != 0x3B:  # the trailer
            if block == 0x2C:
                at += 10 + _colours(content[at + 9]) + 1
            elif block == 0x21:
                at += 2
            else:
                break  # what this is, the decoder may know
            while content[at]:
                at += 1 + content[at]
            at += 1
    except IndexError:
        return content, "the GIF has no end, it is truncated"
    return content, None


def _colours(flags: int) -> int:
    """Return the bytes of the table of colours that these flags announce."""
    return 3 * 2 ** (flags % 8 + 1) if flags & 0x80 else 0


def _media(content: bytes) -> bytes:
    """Hide an AVIF's EXIF: its own properties say how it is turned, and broken EXIF would lose it.

    Source: AV1 Image File Format 1.2; ISO/IEC 23008-12, 6.5.10: EXIF does not turn it a second time.
    """
    length = min(max(int.from_bytes(content[:4]), 16), 256)
    brands = {content[at : at + 4] for at in range(8, length, 4)}
    if brands & _HEIC and not brands & {b"avif", b"avis"}:
        raise UnusablePhoto(HEIC)
    return _EXIF_ITEM.sub(rb"\1skip", content)


_CLEANERS: dict[bytes, Callable[[bytes], Cleaned]] = {
    PNG: _png,
    b"\xff\xd8\xff": _jpeg,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
}
