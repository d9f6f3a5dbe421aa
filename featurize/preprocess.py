"""Preprocessing: from the bytes of a photo to a network's input.

S rows and columns of the network's input; H, W of a photo.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from featurize.warp import warp
from store.photo import FORMATS, MAX_PIXELS

# Pillow warns of sizes that are refused here anyway, and of broken EXIF, which does no harm.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

Method = Literal["caffe", "imagenet", "clip"]

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that undoes each EXIF orientation."""
ORIENTATION = 0x0112
WARPED = 256
"""Rows and columns to which Caffe warps every photo before the centre crop."""


class Undecodable(Exception):
    """A photo that cannot be used; the message is the reason in its row of the cache."""


@dataclass(frozen=True)
class Recipe:
    """How photos are preprocessed.

    Args:
        method: as `features.preprocess`.
        size: S, rows and columns of the result.
        mean: for `caffe`, the mean of B, G, R, 0-255.
    """

    method: Method
    size: int
    mean: tuple[float, float, float]

    def prepare(self, photo: bytes) -> np.ndarray:
        """Return a photo as (3, S, S) float32: B, G, R minus the mean for `caffe`, else standardised R, G, B.

        Raises:
            Undecodable: the bytes are not a picture, are cut short, or have too many pixels.

        Source: `caffe` as Caffe's convert_imageset and data layer; `imagenet` as torchvision's evaluation
        transform; `clip` as in Radford et al. 2021.
        """
        return METHODS[self.method](decode(photo), self)


def decode(photo: bytes) -> Image.Image:
    """Return the photo upright by its EXIF orientation, and in RGB; transparency is laid on white.

    Raises:
        Undecodable: the bytes are not a picture, are cut short, or have too many pixels.
    """
    try:
        with Image.open(io.BytesIO(photo), formats=FORMATS) as image:
            # From the header, before any pixel is decoded: a small file can claim gigabytes.
            if image.width * image.height > MAX_PIXELS:
                raise Undecodable(f"{image.width}x{image.height} pixels, more than {MAX_PIXELS:,}")
            image.load()
            return _rgb(_upright(image))
    except Undecodable:
        raise
    except UnidentifiedImageError:
        raise Undecodable(f"in no format that is known ({', '.join(FORMATS)})") from None
    except Exception as error:  # hostile bytes make Pillow raise nearly anything
        reason = " ".join(str(error).split()) or "no reason given"
        raise Undecodable(f"{type(error).__name__}: {reason}"[:300]) from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # broken EXIF raises anything, and the picture may still be good
        turn = None
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        # Pillow's own conversion would clip 16 bits to white instead of scaling them.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _caffe(image: Image.Image, recipe: Recipe) -> np.ndarray:
    """Return (3, S, S): warped to a square, centre crop, B, G, R minus the mean."""
    prepared = np.empty((3, recipe.size, recipe.size), np.float32)
    warp(np.array(image), max(WARPED, recipe.size), np.array(recipe.mean, np.float32), prepared)
    return prepared


def _standardised(
    image: Image.Image,
    recipe: Recipe,
    scaled: int,
    resample: Image.Resampling,
    mean: tuple[float, float, float],
    deviation: tuple[float, float, float],
) -> np.ndarray:
    """Return (3, S, S): short side scaled to `scaled`, centre crop, each channel of 0-1 standardised."""
    short, size = min(image.size), recipe.size
    width, height = (max(scaled, int(scaled * side / short)) for side in image.size)
    left, top = round((width - size) / 2), round((height - size) / 2)
    crop = image.resize((width, height), resample).crop((left, top, left + size, top + size))
    pixels = np.asarray(crop, np.float32) / 255
    standardised = (pixels - np.array(mean, np.float32)) / np.array(deviation, np.float32)
    return np.ascontiguousarray(standardised.transpose(2, 0, 1))  # (S, S, 3) to (3, S, S)


def _imagenet(image: Image.Image, recipe: Recipe) -> np.ndarray:
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    scaled = round(recipe.size * 256 / 224)
    return _standardised(image, recipe, scaled, Image.Resampling.BILINEAR, mean, deviation)


def _clip(image: Image.Image, recipe: Recipe) -> np.ndarray:
    mean, deviation = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    return _standardised(image, recipe, recipe.size, Image.Resampling.BICUBIC, mean, deviation)


METHODS: dict[Method, Callable[[Image.Image, Recipe], np.ndarray]] = {
    "caffe": _caffe,
    "imagenet": _imagenet,
    "clip": _clip,
}
