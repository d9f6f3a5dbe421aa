"""What a photo's bytes say: hash, size, format, and the perceptual hash that near-identical photos share."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 50_000_000
"""Larger photos are refused: a file of 20 KB can hold 169 megapixels."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Told by content, not by name. Others are refused: some decoders run programs (EPS) or fetch files."""


@dataclass(frozen=True)
class Photo:
    """A decoded photo's description: `phash` is 16 hex digits (64 bits), as imagehash prints them."""

    sha256: str
    width: int
    height: int
    format: str
    phash: str


def describe(content: bytes) -> Photo:
    """Decode a photo and return what the `images` table says of it.

    Raises:
        ValueError: the bytes are no whole image, or one of more than MAX_PIXELS pixels; says why.
    """
    import imagehash

    image = decode(content)
    kind = (image.format or "").lower()
    phash = str(imagehash.phash(image.convert("RGB")))
    return Photo(hashlib.sha256(content).hexdigest(), *image.size, kind, phash)


def decode(content: bytes) -> "Image.Image":
    """Return the whole photo, decoded.

    Raises:
        ValueError: as `describe`.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{width}x{height} pixels, more than {MAX_PIXELS:,}")
            image.load()
    except UnidentifiedImageError:
        raise ValueError(f"no photo of a format that is known ({', '.join(FORMATS)})") from None
    except Exception as error:  # damaged files make decoders raise anything
        raise ValueError(str(error) or type(error).__name__) from error
    return image
