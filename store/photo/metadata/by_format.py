"""Which reader and which cutter of metadata is for which format of photos."""

from contextlib import suppress
from types import ModuleType

from store.photo.containers import CLAIM, claimed_format
from store.photo.metadata.blocks import Blocks
from store.photo.metadata.formats import avif, gif, jpeg, png, tiff, webp

_FORMATS: dict[str, ModuleType] = {
    "JPEG": jpeg,
    "PNG": png,
    "WEBP": webp,
    "GIF": gif,
    "AVIF": avif,
    "TIFF": tiff,
}
"""BMP has no place for metadata."""


def module_of(content: bytes) -> ModuleType | None:
    """Return the module for a photo's format; None where it has no metadata."""
    name = claimed_format(content[:CLAIM])
    return _FORMATS.get("AVIF" if name == "HEIF" else name) if name else None


def blocks_of(content: bytes) -> Blocks:
    """Return the metadata of a photo; none, of one whose structure is broken."""
    found = Blocks()
    if module := module_of(content):
        with suppress(ValueError, IndexError):
            found = module.blocks(content)
    return found
