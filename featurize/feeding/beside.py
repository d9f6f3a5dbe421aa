"""What lies beside a model and says how its photos are prepared: the files of transformers and of timm.

Sources: transformers' image processors (`preprocessor_config.json`, `processor_config.json`), timm's
`config.json` with its `pretrained_cfg` and `timm.data.create_transform`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from featurize.feeding.presets import NEAR
from featurize.options import FeatureOptions
from store.errors import DamagedFile, UsageError
from store.whole_file import read_object

FILES = ("preprocessor_config.json", "processor_config.json", "config.json")
EXPORTS = "onnx"
"""A model in a folder of this name was exported from what lies in the folder above."""
PILLOW = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which `resample` holds."""
SQUARES = ("ViT", "DeiT", "Beit", "Siglip", "Blip")
"""Families whose `size`, where it is one number, is that of both sides; others scale the short side."""
HALVED = 384
"""Photos of ConvNext are cut at sizes below this, and squashed from here on."""
LEVIT, SEVEN_EIGHTHS = "Levit", 224 / 256
"""A family that scales the short side to `size` over this share; ConvNext does, where `crop_pct` is null."""
UNKNOWN = (
    *("do_pad", "pad_size", "rescale_offset", "include_top", "keep_aspect_ratio", "ensure_multiple_of"),
    *("size_divisor", "do_thumbnail", "do_align_long_axis", "do_image_splitting", "do_color_quantize"),
)
"""What changes a photo in ways that no setting here has: asked about, where it is not off."""


class _CannotObey(Exception):
    """A file asks for something that no setting can say; the message names it."""


@dataclass(frozen=True)
class Beside:
    """A file that says how photos are prepared, and what it says: every part of a recipe, and the size."""

    path: Path
    parts: Mapping[str, Any]


def beside(model: Path) -> Beside | None:
    """Return what lies beside a model; None where nothing does.

    Raises:
        UsageError: it asks for what no setting can say, or is no such file.
    """
    folders = [model.parent, *([model.parent.parent] if model.parent.name == EXPORTS else [])]
    for path in (folder / name for folder in folders for name in FILES):
        if not path.is_file():
            continue
        try:
            values = read_object(path)
            parts = _parts(values)
            FeatureOptions.model_validate(parts or {})
        except (_CannotObey, DamagedFile, LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise UsageError(
                f"{path} says how photos are prepared, and cannot be followed: {_reason(error)}. Set "
                f"features.preprocess "
                "(caffe, imagenet, clip, siglip, inception) and the parts of it that differ"
            ) from None
        if parts:
            return Beside(path, parts)
    return None


def _reason(error: Exception) -> object:
    """Return why a file cannot be followed."""
    match error:
        case DamagedFile():  # it is the user's: nothing makes it again
            return error.reason
        case KeyError():
            return f"it lacks {error}"
        case ValidationError():
            first = error.errors()[0]
            return f"{'.'.join(map(str, first['loc']))} {first['input']}: {first['msg']}"
    return error


def _parts(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the parts that a file states; None where it is about something else."""
    if isinstance(values.get("image_processor"), Mapping):
        values = values["image_processor"]
    if isinstance(values.get("pretrained_cfg"), Mapping):
        return _timm(values["pretrained_cfg"])
    return _transformers(values) if "image_mean" in values or "do_resize" in values else None


def _timm(values: Mapping[str, Any]) -> dict[str, Any]:
    channels, height, width = values["input_size"]
    mode = values.get("crop_mode") or "center"
    if height != width or channels != 3 or mode not in ("center", "squash"):
        raise _CannotObey(f"photos of {channels}x{height}x{width}, crop_mode {mode}")
    side = max(height, math.floor(height / _share(values.get("crop_pct") or SEVEN_EIGHTHS) + NEAR))
    if (interpolation := str(values.get("interpolation", "bilinear"))) not in PILLOW.values():
        raise _CannotObey(f"interpolation {interpolation}")
    return {
        "size": height,
        "crop": height / side,
        "fit": "squash" if mode == "squash" else "cut",
        "interpolation": interpolation,
        "rounding": "even",
        **_standard(values["mean"], values["std"], 1 / 255),
    }


def _share(value: Any) -> float:
    """Return the share of the scaled photo's side that is kept."""
    if not 0.01 <= float(value) <= 1:
        raise _CannotObey(f"crop_pct {value}")
    return float(value)


def _transformers(values: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(values.get("image_processor_type") or values.get("feature_extractor_type") or "")
    if odd := [name for name in UNKNOWN if values.get(name)]:
        raise _CannotObey(", ".join(f"{name} {values[name]}" for name in odd))
    if not values.get("do_resize", True):
        raise _CannotObey("do_resize false")
    if values.get("resample") not in PILLOW:
        raise _CannotObey(f"resample {values.get('resample')}")
    rescaled = values.get("do_rescale", True)
    factor = float(values.get("rescale_factor", 1 / 255)) if rescaled else 1.0
    normalised = values.get("do_normalize", True)
    mean, deviation = (values["image_mean"], values["image_std"]) if normalised else ([0] * 3, [1] * 3)
    size, crop, fit = _lengths(values, kind)
    return {
        "size": size,
        "crop": crop,
        "fit": fit,
        "interpolation": PILLOW[values["resample"]],
        "rounding": "down",
        **_standard(mean, deviation, factor),
        "channels": "bgr" if values.get("do_flip_channel_order") else "rgb",
    }


def _lengths(values: Mapping[str, Any], kind: str) -> tuple[int, float, str]:
    """Return the network's size, the share of the scaled side that is kept, and how photos are fitted."""
    size = values["size"]
    if isinstance(size, int):
        size = {"height": size, "width": size} if kind.startswith(SQUARES) else {"shortest_edge": size}
    if odd := [name for name in size if name not in ("height", "width", "shortest_edge") and size[name]]:
        raise _CannotObey(f"size {odd[0]} {size[odd[0]]}")
    if "crop_pct" in values and "shortest_edge" in size:  # ConvNext's way
        edge, share = int(size["shortest_edge"]), values["crop_pct"]
        squash = edge >= HALVED
        side = edge if squash else int(edge / _share(SEVEN_EIGHTHS if share is None else share))
        return edge, edge / side, "squash" if squash else "cut"
    if "shortest_edge" in size:
        edge, fit = int(size["shortest_edge"]), "cut"
        side = int(edge / SEVEN_EIGHTHS) if kind.startswith(LEVIT) else edge
    else:
        edge, fit = int(size["height"]), "squash"
        side = edge
        if side != size["width"]:
            raise _CannotObey(f"size {size}")
    if not values.get("do_center_crop", fit == "cut"):
        if fit == "cut":
            raise _CannotObey("the short side scaled, and nothing cut off: photos are not square")
        return side, 1.0, fit
    crop = values.get("crop_size", edge)
    height, width = (crop, crop) if isinstance(crop, int) else (crop["height"], crop["width"])
    if height != width or height > side:
        raise _CannotObey(f"crop_size {crop} of size {size}")
    return int(height), height / side, fit


def _standard(mean: Any, deviation: Any, factor: float) -> dict[str, Any]:
    """Return mean and deviation of pixels times `factor`, as those of 0-1, or of 0-255 where it is
    another."""
    unit = abs(factor * 255 - 1) < NEAR
    share = 1.0 if unit else factor
    triples = [tuple(float(value) / share for value in values) for values in (mean, deviation)]
    if any(len(triple) != 3 or not all(map(math.isfinite, triple)) for triple in triples) or 0 in triples[1]:
        raise _CannotObey(f"mean {mean}, deviation {deviation}: not 3 numbers each")
    return {
        "antialias": True,
        "channels": "rgb",
        "values": "unit" if unit else "byte",
        "mean": triples[0],
        "deviation": triples[1],
    }
