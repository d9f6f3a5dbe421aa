"""Untrusted photos: checked by their content, never by their name, and shown as newly encoded JPEGs only."""

import io
import warnings

from PIL import Image, ImageOps

from web.languages import LocalisedError, Message

MAX_BYTES = 12 * 10**6
MAX_PIXELS = 40 * 10**6
# Pillow can read some forty formats; each is a parser that strangers could attack.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
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
    """Bytes that are not a photo, or a photo that is too large."""


def measure(content: bytes) -> tuple[int, int, str]:
    """Return width, height (pixels) and format of a photo; only the header is decoded.

    Raises:
        UnusablePhoto: too many bytes or pixels, or not a photo in one of `FORMATS`.
    """
    # Before anything is parsed: the cheapest check first.
    if len(content) > MAX_BYTES:
        raise too_many_bytes()
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(content), formats=FORMATS) as image,
        ):
            width, height, name = *image.size, str(image.format)
    # Pillow has a limit of its own; its error gets the same message as ours.
    except Image.DecompressionBombError:
        width, height, name = 0, 0, "bomb"
    except Exception:  # on hostile bytes, Pillow's readers raise anything
        known = {"formats": ", ".join(FORMATS)}
        raise UnusablePhoto(
            Message("This is no photo in a format that is known: {formats}.", known)
        ) from None
    if width * height > MAX_PIXELS or name == "bomb":
        most = {"most": MAX_PIXELS // 10**6}
        raise UnusablePhoto(Message("The photo has more than {most} million pixels. Make it smaller.", most))
    return width, height, name


def too_many_bytes() -> UnusablePhoto:
    """Return the error for a photo of more than `MAX_BYTES` bytes."""
    most = {"most": MAX_BYTES // 10**6}
    return UnusablePhoto(Message("The photo has more than {most} MB. Make it smaller.", most))


def jpeg(content: bytes, size: int, quality: int = 85) -> bytes:
    """Return a photo as a JPEG whose longer side has at most `size` pixels, upright by its EXIF orientation.

    Encoding anew drops whatever else the file carried: metadata, trailing bytes, content that is no picture.

    Raises:
        UnusablePhoto: the photo cannot be decoded, or is too large.
    """
    measure(content)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(content), formats=FORMATS) as image,
        ):
            # Lets the JPEG decoder work at a fraction of the size: faster, and less memory.
            image.draft("RGB", (size, size))
            upright = ImageOps.exif_transpose(image)
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                # JPEG has no transparency, and plain conversion would show what transparent pixels hide.
                alpha = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", alpha.size, "white"), alpha)
            small = upright.convert("RGB")
            small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=quality)
            return buffer.getvalue()
    except Exception as error:
        reason = {"reason": str(error)}
        raise UnusablePhoto(Message("The photo is damaged: {reason}. Try another.", reason)) from error
