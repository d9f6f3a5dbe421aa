"""Preprocessing: from the bytes of a photo to a network's input.

S rows and columns of the network's input.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from featurize.feeding.presets import PRESETS, Method, Triple, scaled_side
from featurize.feeding.resize import Box, resized
from store.photo.decode import Picture, decode

PARTS = ("crop", "fit", "interpolation", "antialias", "rounding", "channels", "values", "mean", "deviation")
"""The settings that change parts of a preset."""


@dataclass(frozen=True)
class Recipe:
    """How photos are preprocessed; what is None is as the preset `method` has it.

    Args:
        method: as `features.preprocess`.
        size: S, rows and columns of the result.
        mean: of each channel, in the order of `channels` and the units of `values`; the others as the
        settings of those names.

    Attributes:
        side: to how many pixels the short side, or both sides, are scaled.
    """

    method: Method
    size: int
    mean: Triple | None = None
    deviation: Triple | None = None
    crop: float | None = None
    fit: Literal["cut", "squash"] | None = None
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos"] | None = None
    antialias: bool | None = None
    rounding: Literal["even", "up", "down"] | None = None
    channels: Literal["rgb", "bgr"] | None = None
    values: Literal["unit", "byte"] | None = None

    def part(self, name: str) -> Any:
        """Return a part as it is set, else as the preset has it."""
        value = getattr(self, name)
        return getattr(PRESETS[self.method], name) if value is None else value

    @property
    def side(self) -> int:
        """To how many pixels the short side, or both sides, are scaled."""
        return scaled_side(self.method, self.size, self.crop)

    def resolved(self) -> dict[str, Any]:
        """Return every part with its value, as settings that no preset changes any more."""
        parts = {name: self.part(name) for name in PARTS if name != "crop"}
        return {"preprocess": self.method, "size": self.size, "crop": self.size / self.side, **parts}

    def prepare(self, photo: bytes | Picture) -> np.ndarray:
        """Return a photo as (3, S, S) float32: each channel minus its mean, over its deviation.

        Raises:
            UnusablePhoto: the bytes are not a whole photo, or one that the settings `photos:` refuse.

        Source: `featurize.feeding.presets` names that of each preset.
        """
        picture = photo if isinstance(photo, Picture) else decode(photo)
        deviation = np.array(self.part("deviation"), np.float32)
        if self._is_caffe():
            prepared = np.empty((3, self.size, self.size), np.float32)
            from featurize.warp import (
                warp,
            )  # Numba takes half a second to import, and most recipes do without

            warp(np.array(picture.image), self.side, np.array(self.part("mean"), np.float32), prepared)
            return prepared if (deviation == 1).all() else prepared / deviation[:, None, None]
        pixels = self._scaled(picture.image).astype(np.float32)
        if self.part("channels") == "bgr":
            pixels = pixels[:, :, ::-1]
        if self.part("values") == "unit":
            pixels = pixels / np.float32(255)
        standardised = (pixels - np.array(self.part("mean"), np.float32)) / deviation
        return np.ascontiguousarray(standardised.transpose(2, 0, 1))  # (S, S, 3) to (3, S, S)

    def _is_caffe(self) -> bool:
        """Tell whether the compiled warp does it all: it is OpenCV's, and takes the mean off on its way."""
        parts = ("fit", "interpolation", "antialias", "channels", "values")
        return all(self.part(name) == getattr(PRESETS["caffe"], name) for name in parts)

    def _scaled(self, image: Image.Image) -> np.ndarray:
        """Return (S, S, 3) uint8, R, G, B."""
        side, short = self.side, min(image.size)
        width, height = side, side
        if self.part("fit") == "cut":  # the long side rounded down, as torchvision and transformers do
            width, height = (max(side, int(side * length / short)) for length in image.size)
        left, top = (self._start(length - self.size) for length in (width, height))
        box = Box(width, height, left, top, self.size)
        return resized(image, box, self.part("interpolation"), self.part("antialias"))

    def _start(self, rest: int) -> int:
        """Return the first pixel that is kept where `rest` pixels are cut off in all."""
        match self.part("rounding"):
            case "even":
                return round(rest / 2)
            case "up":
                return (rest + 1) // 2
        return rest // 2

    def __str__(self) -> str:
        side, size = self.side, self.size
        how = self.part("interpolation") + ("" if self.part("antialias") else ", without smoothing")
        scaled = f"squashed to {side}x{side}" if self.part("fit") == "squash" else f"short side to {side}"
        kept = f", middle {size}x{size}" if self.part("fit") == "cut" or side != size else ""
        order = ", ".join(self.part("channels").upper())
        top = 1 if self.part("values") == "unit" else 255
        mean, deviation = (" ".join(f"{x:.6g}" for x in self.part(name)) for name in ("mean", "deviation"))
        return f"{scaled} ({how}){kept}; {order} of 0-{top} minus {mean}, over {deviation}"
