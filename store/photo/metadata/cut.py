"""Takes from a photo's bytes what they tell beside the picture: places, serial numbers, thumbnails."""

import io
from dataclasses import dataclass

from store.photo.decode import decode, orientation_of
from store.photo.errors import UnusablePhoto
from store.photo.metadata import exif, xmp
from store.photo.metadata.by_format import blocks_of, module_of
from store.photo.metadata.formats import avif, png, tiff
from store.photo.metadata.rights import NOTHING, Rights, rights_in


@dataclass(frozen=True)
class Bare:
    """A photo without metadata, and the rights that they stated, which it still states."""

    content: bytes
    rights: Rights


def bare(content: bytes) -> Bare:
    """Return a photo whose metadata say nothing but its orientation, its colour profile and its rights.

    Segments, chunks, boxes and tags are cut out or blanked; what is decoded is not touched. A photo that has
    none of them comes back as it is.

    Raises:
        UnusablePhoto: it is no whole photo.
    """
    module = module_of(content)
    if module is None:
        return Bare(content, NOTHING)
    blocks = blocks_of(content)
    rights = rights_in(blocks) if blocks else NOTHING
    turned = orientation_of(content) if blocks.exif or blocks.xmp else 1
    packet = xmp.rights_only(rights.stated()) if rights else b""
    try:
        result = module.cut(content, exif.orientation_only(turned) if turned != 1 else b"", packet)
    except (ValueError, IndexError):
        result = _png(content, packet)
    if module in (avif, tiff) and result != content and not _look_alike(content, result):
        result = _png(content, packet)  # its places are wrong in a way that the decoder forgives
    return Bare(result, rights)


def _look_alike(one: bytes, other: bytes) -> bool:
    try:
        return decode(one).image.tobytes() == decode(other).image.tobytes()
    except UnusablePhoto:
        return False


def _png(content: bytes, packet: bytes) -> bytes:
    """Return the picture of a file that a decoder understands better than we do, as every stage sees it."""
    file = io.BytesIO()
    decode(content).image.save(file, "PNG")
    return png.cut(file.getvalue(), b"", packet)
