"""Preprocessing: from the bytes of a photo to a network's input.

S rows and columns of the network's input; H, W of a photo.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from featurize.warp import warp
from store.photo.decode import Picture, decode

Method = Literal["caffe", "imagenet", "clip"]

WARPED = 256
"""Rows and columns to which Caffe warps every photo before the centre crop."""
THIN = 4
"""Of a photo with one side more than so many times the other, only the box that is cut out is scaled. Of
others all is, as torchvision does it: the box's fractions, which Pillow rounds, would change some pixels."""


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

    def prepare(self, photo: bytes | Picture) -> np.ndarray:
        """Return a photo as (3, S, S) float32: B, G, R minus the mean for `caffe`, else standardised R, G, B.

        Raises:
            UnusablePhoto: the bytes are not a whole photo, or one that the settings `photos:` refuse.

        Source: `caffe` as Caffe's convert_imageset and data layer; `imagenet` as torchvision's evaluation
        transform; `clip` as in Radford et al. 2021.
        """
        picture = photo if isinstance(photo, Picture) else decode(photo)
        return METHODS[self.method](picture.image, self)


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
    if max(image.size) > THIN * short:
        across, down = image.width / width, image.height / height
        box = (left * across, top * down, (left + size) * across, (top + size) * down)
        crop = image.resize((size, size), resample, box)
    else:
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
