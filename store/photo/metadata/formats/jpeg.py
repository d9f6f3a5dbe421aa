"""JPEG: the segments that hold metadata, and the file without them.

Source: ITU-T T.81, annex B; JFIF 1.02; CIPA DC-008 (EXIF); XMP specification part 3, section 1.1.3;
ICC.1:2022, annex B.4; CIPA DC-007 (multi-picture format).
"""

import re
import struct

from store.photo.containers import segments
from store.photo.metadata.blocks import Blocks
from store.photo.metadata.formats.profile import whole_profile

_EXIF, _XMP, _PHOTOSHOP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
_FURTHER_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_FURTHER_HEAD = len(_FURTHER_XMP) + 40
"""Its name, a digest of 32 letters, the whole length and the place of this part, 4 bytes each."""
_PROFILE = b"ICC_PROFILE\0"
_APP0, _APP1, _APP2, _APP13, _APP14, _COMMENT = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What ends a scan: 00 is a byte FF of it, D0 to D7 restart it, and FF fills."""
_MOST = 65_533
"""The most bytes of a segment's data."""


def blocks(content: bytes) -> Blocks:
    """Return the metadata before the first scan: what comes later belongs to other pictures."""
    found, photoshop, further = Blocks(), [], []
    for name, start, end in segments(content):
        if name not in (_APP1, _APP13):
            continue
        data = content[start + 4 : end]
        if data.startswith(_EXIF):
            found.add("exif", data[len(_EXIF) :])
        elif data.startswith(_XMP):
            found.add("xmp", data[len(_XMP) :])
        elif data.startswith(_FURTHER_XMP):
            further.append(data[_FURTHER_HEAD:])
        elif data.startswith(_PHOTOSHOP):
            photoshop.append(data[len(_PHOTOSHOP) :])
    found.add("xmp", b"".join(further))
    found.add_photoshop(b"".join(photoshop))
    return found


def cut(content: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return a JPEG without metadata, comments and further pictures, but with these; nothing for none.

    Raises:
        ValueError: its segments do not follow each other to the end of the last scan.
    """
    first, others, profile, at = [content[:2]], [], [], 2
    for name, start, end in segments(content):
        data = content[start + 4 : end]
        if name == _APP0 and data.startswith(b"JFIF\0") and len(data) >= 12:
            first.append(_segment(_APP0, data[:12] + b"\0\0"))  # no thumbnail: 0 by 0 pixels
        elif name == _APP14 and data.startswith(b"Adobe") and len(data) >= 12:
            others.append(_segment(_APP14, data[:12]))
        elif name == _APP2 and data.startswith(_PROFILE):
            profile.append(data[len(_PROFILE) :])
        elif not _is_extra(name):
            others.append(content[start:end])
        at = end
    while content[at : at + 2] == b"\xff\xff":
        at += 1
    if content[at : at + 2] != bytes((0xFF, _SCAN)):
        raise ValueError("no scan follows the header")
    added = [_segment(_APP1, _EXIF + exif)] if exif else []
    if packet and len(packet) <= _MOST - len(_XMP):
        added.append(_segment(_APP1, _XMP + packet))
    return b"".join([*first, *added, *_profile_segments(profile), *others, *_scans(content, at)])


def _is_extra(name: int) -> bool:
    """Tell whether a marker is that of an application's data or a comment."""
    return _APP0 <= name <= _APP0 + 15 or name == _COMMENT


def _segment(name: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, name, len(data) + 2) + data


def _profile_segments(parts: list[bytes]) -> list[bytes]:
    """Return the segments of a colour profile, which may be in several: each begins with its number."""
    whole = whole_profile(b"".join(part[2:] for part in sorted(parts, key=lambda part: part[:1])))
    size = _MOST - len(_PROFILE) - 2
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    return [
        _segment(_APP2, _PROFILE + bytes((number, len(pieces))) + piece)
        for number, piece in enumerate(pieces, 1)
    ]


def _scans(content: bytes, at: int) -> list[bytes]:
    """Return what lies between the first scan's marker and the end of the picture, without metadata."""
    kept: list[bytes] = []
    while True:
        name, end = content[at + 1], at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if name == _END:
            return [*kept, content[at : at + 2]]
        if name < 0xC0 or end > len(content) or name == 0xD8:
            raise ValueError(f"the marker {name:02X} within the picture")
        following = _MARKER.search(content, end)
        stop = following.start() if following else len(content)
        if not _is_extra(name):
            kept.append(content[at : stop if name == _SCAN else end])
        if following is None:  # no marker says that it ends
            return kept
        at = stop
