"""Untrusted photos: checked by their content, never by their name, and shown as newly encoded JPEGs only."""

import io

from PIL.Image import Resampling

from store.photo.decode import Picture, decode
from store.photo.errors import UnusablePhoto as Unusable
from web.languages import LocalisedError, Message

MAX_BYTES = 12 * 10**6
SIZES = (240, 600)
"""The longest sides, in pixels, of the photos on pages."""

BROKEN_PHOTO_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 180">'
    b'<rect width="240" height="180" fill="#8883"/>'
    b'<path d="M90 70l20 15-10 12 25 18M60 130l40-40 20 20 25-30 40 50z" fill="none" stroke="#888" '
    b'stroke-width="4"/></svg>'
)
"""Shown in place of a photo that cannot be decoded."""


class UnusablePhoto(LocalisedError):
    """Bytes that are not a photo, or a photo that is refused."""


def opened(content: bytes, enough: tuple[int, int] | None = None) -> Picture:
    """Return a photo, decoded.

    Args:
        enough: a JPEG need not be decoded larger than this width and height; None: whole.

    Raises:
        UnusablePhoto: too many bytes, not a whole photo, or one that the settings `photos:` refuse.
    """
    # Before anything is parsed: the cheapest check first.
    if len(content) > MAX_BYTES:
        raise too_many_bytes()
    try:
        return decode(content, enough)
    except Unusable as error:
        reason = Message(error.text, error.values)
        raise UnusablePhoto(Message("The photo cannot be used: {reason}.", {"reason": reason})) from error


def too_many_bytes() -> UnusablePhoto:
    """Return the error for a photo of more than `MAX_BYTES` bytes."""
    most = {"most": MAX_BYTES // 10**6}
    return UnusablePhoto(Message("The photo has more than {most} MB. Make it smaller.", most))


def jpeg(picture: Picture, size: int, quality: int = 85) -> bytes:
    """Return a photo as a JPEG whose longer side has at most `size` pixels.

    Encoding anew drops whatever else the file carried: metadata, trailing bytes, content that is no picture.
    """
    small = picture.image.copy()
    small.thumbnail((size, size), Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
