"""From the bytes of a photo to what a network sees. Shapes: H rows, W columns of the network's input."""

import io
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter(
    "error", Image.DecompressionBombWarning
)  # a photo over 89 megapixels is refused, not tried

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
"""What undoes each EXIF orientation."""
ORIENTATION = 0x0112
CAFFE_MEAN = (104.007, 116.669, 122.679)
"""The mean of CaffeNet's training photos: blue, green, red, of 0-255."""


class Undecodable(Exception):
    """A photo that cannot be used; the message says why, for its row in the cache."""


@dataclass(frozen=True)
class Recipe:
    """How photos are prepared.

    Args:
        method: `caffe` warps to 256x256 and cuts the middle; channels B, G, R of 0-255 minus `mean`.
            `imagenet` and `clip` scale the short side, cut the middle, and standardise R, G, B of 0-1.
        size: rows and columns of the result.
        mean: for `caffe`, of B, G, R.
    """

    method: Method = "caffe"
    size: int = 227
    mean: tuple[float, float, float] = CAFFE_MEAN

    def identity(self) -> dict[str, object]:
        """Return what a cache key must know of it."""
        return {"version": 1, **asdict(self)}

    def prepare(self, photo: bytes) -> np.ndarray:
        """Return one photo as (3, H, W) float32.

        Raises:
            Undecodable: the bytes are no picture, are cut short, or hold too many pixels.
        """
        return METHODS[self.method](decode(photo), self)


def decode(photo: bytes) -> Image.Image:
    """Return the photo upright and in RGB: EXIF turned; grey, CMYK, palette made RGB; alpha laid on white.

    Raises:
        Undecodable: the bytes are no picture, are cut short, or hold too many pixels.
    """
    try:
        with Image.open(io.BytesIO(photo)) as image:
            image.load()
            return _rgb(_upright(image))
    except Exception as error:  # hostile bytes make Pillow raise nearly anything
        reason = " ".join(str(error).split()) or "no reason given"
        raise Undecodable(f"{type(error).__name__}: {reason}"[:300]) from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # broken EXIF does not make the picture worse
        turn = None
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _caffe(image: Image.Image, recipe: Recipe) -> np.ndarray:
    """Warp and cut in one step: each result pixel is sampled once, between the 4 pixels around its place.

    That is how Caffe's own tools do it (OpenCV, bilinear, half-pixel centres, no smoothing before).
    """
    size, warped = recipe.size, max(256, recipe.size)
    start, (width, height) = (warped - size) // 2, image.size
    end = start + size
    box = (start * width / warped, start * height / warped, end * width / warped, end * height / warped)
    cut = image.transform((size, size), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    pixels = np.asarray(cut)
    prepared = np.empty((3, size, size), np.float32)
    for channel, mean in enumerate(recipe.mean):
        np.subtract(pixels[..., 2 - channel], np.float32(mean), out=prepared[channel])
    return prepared


def _standardise(
    image: Image.Image,
    size: int,
    scaled: int,
    resample: Image.Resampling,
    mean: tuple[float, ...],
    deviation: tuple[float, ...],
) -> np.ndarray:
    """Scale so that the short side is `scaled`, cut the middle, standardise each channel."""
    ratio = scaled / min(image.size)
    sizes = (max(scaled, round(image.width * ratio)), max(scaled, round(image.height * ratio)))
    cut = ImageOps.fit(image.resize(sizes, resample), (size, size), resample)
    pixels = np.asarray(cut, np.float32).transpose(2, 0, 1) / 255
    shape = (3, 1, 1)
    return (pixels - np.array(mean, np.float32).reshape(shape)) / np.array(deviation, np.float32).reshape(
        shape
    )


def _imagenet(image: Image.Image, recipe: Recipe) -> np.ndarray:
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    scaled = round(recipe.size * 256 / 224)
    return _standardise(image, recipe.size, scaled, Image.Resampling.BILINEAR, mean, deviation)


def _clip(image: Image.Image, recipe: Recipe) -> np.ndarray:
    mean, deviation = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    return _standardise(image, recipe.size, recipe.size, Image.Resampling.BICUBIC, mean, deviation)


METHODS: dict[Method, Callable[[Image.Image, Recipe], np.ndarray]] = {
    "caffe": _caffe,
    "imagenet": _imagenet,
    "clip": _clip,
}
