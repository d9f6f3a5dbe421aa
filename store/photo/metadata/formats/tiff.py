"""TIFF: the tags that hold metadata, and the file without them: what its first picture needs stays in place.

Source: TIFF 6.0; TIFF/EP and EXIF 3.0 (which tags hold what); XMP specification part 3, section 1.1.7.
"""

from store.photo.metadata.blocks import MOST_BYTES, Blocks
from store.photo.metadata.directory import Directories, Tag
from store.photo.metadata.formats.blanks import Span, blanked, overlaps

_XMP, _IPTC, _PHOTOSHOP = 700, 33723, 34377
_OFFSETS = {273: 279, 324: 325, 513: 514}
"""The tags that say where pixels are (strips, tiles, an old JPEG), and those that say how many bytes."""
_OLD_JPEG_TABLES = (519, 520, 521)
_PICTURE = frozenset(
    [
        *range(254, 260),
        *range(262, 267),
        *(273, 274, *range(277, 285), *range(290, 294), 296, 301),
        *(*range(317, 326), 332, 334, 336, *range(338, 343), 347),
        *(*range(512, 516), *range(517, 522), *range(529, 533), 34675),
    ]
)
"""The tags that decide pixels, their colours (34675: a profile) and how the picture is turned (274)."""
_RIGHTS = (315, 33432)
"""Artist and Copyright."""


def blocks(content: bytes) -> Blocks:
    """Return the metadata of a TIFF's first picture."""
    found = Blocks()
    directories = Directories(content)
    found.add("exif", _rights_alone(directories))
    for tag in directories.tags(directories.first):
        if tag.number == _XMP:
            found.add("xmp", directories.bytes(tag, len(content)))
        elif tag.number == _IPTC:
            found.add("iptc", directories.bytes(tag, MOST_BYTES))
        elif tag.number == _PHOTOSHOP:
            found.add_photoshop(directories.bytes(tag, MOST_BYTES))
    return found


def _rights_alone(directories: Directories) -> bytes:
    """Return a small TIFF structure with the artist and the copyright; nothing, where there are none."""
    stated = [tag for tag in directories.tags(directories.first) if tag.number in _RIGHTS]
    if not stated:
        return b""
    texts = [(tag.number, directories.bytes(tag) + b"\0" * 4) for tag in stated[: len(_RIGHTS)]]
    head, at = len(texts).to_bytes(2, "little"), 8 + 2 + 12 * len(texts) + 4
    for number, text in texts:
        numbers = (number, 2), (2, 2), (len(text), 4), (at, 4)
        head += b"".join(value.to_bytes(size, "little") for value, size in numbers)
        at += len(text)
    return b"II*\0\x08\0\0\0" + head + b"\0" * 4 + b"".join(text for _, text in texts)


def cut(content: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return a TIFF of the first picture alone, without metadata but for its artist and copyright.

    Args:
        packet: XMP that takes the place of that which is there, if it is no longer.

    Raises:
        ValueError: its parts lie within each other.
    """
    directories = Directories(content)
    tags = list(directories.tags(directories.first))
    end, following = directories.after(directories.first)
    kept = [tag for tag in tags if tag.number in _PICTURE or tag.number in _RIGHTS]
    spans = _pixels(directories, kept)
    spans += [(tag.start, tag.end) for tag in kept if not directories.first <= tag.start < end]
    place = next((tag for tag in tags if tag.number == _XMP and len(packet) <= tag.end - tag.start), None)
    if packet and place and place.end <= len(content):
        kept = sorted([*kept, place])
    whole = sum(stop - start for start, stop in set(spans)) + directories.header + end - directories.first
    if len(kept) == len(tags) and not following and whole >= len(content) and not packet:
        return content
    if overlaps((directories.first, end), spans) or overlaps((0, directories.header), spans):
        raise ValueError("parts lie within each other")
    result = blanked(content, [(0, directories.header), *spans])
    _write(result, directories, kept)
    if place in kept and place:
        if overlaps((place.start, place.end), [*spans, (directories.first, end)]):
            raise ValueError("XMP lies within the picture")
        result[place.start : place.end] = packet.ljust(place.end - place.start)
    return bytes(result)


def _pixels(directories: Directories, tags: list[Tag]) -> list[Span]:
    """Return where the pixels of the picture are."""
    by_number = {tag.number: tag for tag in tags}
    spans: list[Span] = []
    for offsets, sizes in _OFFSETS.items():
        if offsets in by_number and sizes in by_number:
            starts = directories.values(by_number[offsets], 2**20)
            counts = directories.values(by_number[sizes], 2**20)
            spans += [(start, start + count) for start, count in zip(starts, counts, strict=False)]
    if any(number in by_number for number in _OLD_JPEG_TABLES):
        raise ValueError("an old kind of JPEG within a TIFF")
    return spans


def _write(result: bytearray, directories: Directories, kept: list[Tag]) -> None:
    """Write the directory with the entries that are kept, and none after it."""
    head = 8 if directories.is_big else 2
    at = directories.first + head
    result[directories.first : at] = len(kept).to_bytes(head, directories.order)
    for tag in kept:
        result[at : at + directories.entry] = directories.content[tag.at : tag.at + directories.entry]
        at += directories.entry
    result[at : at + directories.word] = b"\0" * directories.word
