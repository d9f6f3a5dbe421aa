"""The presets of `features.preprocess`: what each does to a photo, and who says so.

S rows and columns of the network's input.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Method = Literal["caffe", "imagenet", "clip", "siglip", "inception"]
Triple = tuple[float, float, float]

WARPED = 256
"""Rows and columns to which Caffe warps every photo before the centre crop."""
CAFFE_MEAN: Triple = (104.007, 116.669, 122.679)
"""Blue, green and red of ImageNet's training photos, as Caffe's own scripts take them."""
IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION: Triple = (0.229, 0.224, 0.225)
CLIP_MEAN: Triple = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION: Triple = (0.26862954, 0.26130258, 0.27577711)
HALF: Triple = (0.5, 0.5, 0.5)
NEAR = 1e-6
"""A share that was computed from two lengths may lie a rounding below what leads back to them."""


@dataclass(frozen=True)
class Preset:
    """What a preset does where no setting says otherwise; the names are those of the settings.

    Args:
        share: of the scaled side, what is kept.
        mean, deviation: in the order of `channels`, in the units of `values`.
    """

    fit: Literal["cut", "squash"]
    share: Fraction
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos"]
    mean: Triple
    deviation: Triple
    antialias: bool = True
    rounding: Literal["even", "up", "down"] = "even"
    channels: Literal["rgb", "bgr"] = "rgb"
    values: Literal["unit", "byte"] = "unit"


SEVEN_EIGHTHS = Fraction(224, 256)

PRESETS: Mapping[Method, Preset] = {
    # Caffe's convert_imageset and data layer: OpenCV's resize, which does not smooth, and no deviation.
    "caffe": Preset(
        "squash",
        Fraction(1),
        "bilinear",
        CAFFE_MEAN,
        (1.0, 1.0, 1.0),
        antialias=False,
        rounding="down",
        channels="bgr",
        values="byte",
    ),
    # torchvision's evaluation of its classifiers: Resize(256), CenterCrop(224), Normalize.
    "imagenet": Preset("cut", SEVEN_EIGHTHS, "bilinear", IMAGENET_MEAN, IMAGENET_DEVIATION),
    # Radford et al. 2021, the published code: Resize(S, bicubic), CenterCrop(S), Normalize.
    "clip": Preset("cut", Fraction(1), "bicubic", CLIP_MEAN, CLIP_DEVIATION),
    # Zhai et al. 2023, as transformers' SiglipImageProcessor does it: squashed to S x S.
    "siglip": Preset("squash", Fraction(1), "bicubic", HALF, HALF),
    # timm's inception_v3: crop_pct 0.875 of floor(S / 0.875), bicubic, IMAGENET_INCEPTION_MEAN.
    "inception": Preset("cut", SEVEN_EIGHTHS, "bicubic", HALF, HALF),
}


def scaled_side(method: Method, size: int, crop: float | None) -> int:
    """Return to how many pixels the short side, or both, are scaled before S are kept.

    A share that somebody sets is timm's crop_pct: rounded down. torchvision's own pair for S = 299 is 342,
    the nearest to 256/224 of it; timm's is 341.
    """
    if crop is not None:
        return max(size, math.floor(size / crop + NEAR))
    if method == "caffe":
        return max(WARPED, size)
    if method == "imagenet":
        return round(size * 256 / 224)
    return int(size / PRESETS[method].share)
