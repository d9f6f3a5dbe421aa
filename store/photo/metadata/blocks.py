"""The blocks of metadata in a photo's file, whatever its format; each is bounded, and may be broken."""

import zlib
from dataclasses import dataclass, field

MOST_BYTES = 2**20
"""No block of more bytes is parsed: those are thumbnails and histories of edits, not rights."""
MOST_BLOCKS = 8
"""So many blocks of one kind are read."""


@dataclass
class Blocks:
    """What a file holds of each kind of metadata, as bytes of that kind.

    Args:
        exif: TIFF structures, without the name before them.
        iptc: sequences of IPTC-IIM datasets.
        xmp: XMP packets.
        texts: PNG's own texts, by keyword in lower case.
        url: the address that Photoshop notes beside a copyright.
    """

    exif: list[bytes] = field(default_factory=list)
    iptc: list[bytes] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    url: bytes = b""

    def __bool__(self) -> bool:
        return bool(self.exif or self.iptc or self.xmp or self.texts or self.url)

    def add(self, kind: str, content: bytes) -> None:
        """Add a block of a kind (exif, iptc or xmp), unless it is too large or one of too many.

        XMP of any size is kept: it may hold a prohibition, which can be found without parsing it.
        """
        blocks: list[bytes] = getattr(self, kind)
        if content and (kind == "xmp" or len(content) <= MOST_BYTES) and len(blocks) < MOST_BLOCKS:
            blocks.append(content)

    def add_photoshop(self, content: bytes) -> None:
        """Add what Photoshop's image resources hold of IPTC, and the address of a copyright.

        Source: Adobe Photoshop File Formats Specification, 2019, "Image Resource Blocks".
        """
        at = 0
        while content[at : at + 4] == b"8BIM" and at + 12 <= len(content):
            number = int.from_bytes(content[at + 4 : at + 6])
            at += 6 + 1 + content[at + 6]  # its name, a byte of length before it
            at += at % 2
            size = int.from_bytes(content[at : at + 4])
            data = content[at + 4 : at + 4 + size]
            if number == _IPTC:
                self.add("iptc", data)
            elif number == _URL and len(data) < MOST_BYTES:
                self.url = self.url or data
            at += 4 + size + size % 2


_IPTC, _URL = 0x0404, 0x040B


def unpacked(content: bytes, most: int = MOST_BYTES) -> bytes:
    """Return what a zlib stream unpacks to; nothing, if it is broken or larger than `most` bytes."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(content, most)
    except zlib.error:
        return b""
    return data if unpacker.eof else b""
