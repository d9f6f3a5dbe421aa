"""What speaks against a way of feeding photos: vectors, or the first layer's answer, out of all proportion.

N photos, D values in a vector.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from featurize.options import is_onnx
from store.photo.decode import Picture

USUAL_ANSWER = (0.01, 12.0)
"""Between these lies the first convolution's answer (the root of the mean square, over that of its biases
where these are more than 1) in networks of every family that are fed as they were trained: 0.2 to 4. Pixels
of 0 to 255 in place of standardised ones give 60 times that."""
USUAL_SCALE = (1e-3, 30.0)
"""Between these lie vectors of encoders (root of the mean square) that are fed standardised pixels: mostly
0.01 to 3, for CLIP, SigLIP, DINOv2, ResNet, EfficientNet and the like."""
USUAL_SPREAD = 0.02
"""Less of a vector than this differs between photos only where a network does not see them."""
ENOUGH = 8
"""Photos from which on it says something that their vectors are alike."""
REMEDY = "Compare features.preprocess with what the model's makers say (docs/encoders.md)"


def trial_pictures() -> list[Picture]:
    """Return two pictures of coloured blocks, the same ones each time, that networks are tried on."""
    pictures = []
    for seed in (1, 2):
        blocks = np.random.default_rng(seed).integers(0, 256, (6, 7, 3), dtype=np.uint8)
        image = Image.fromarray(blocks).resize((350, 300), Image.Resampling.BICUBIC)
        pictures.append(Picture(b"", image, image.width, image.height, "png"))
    return pictures


def response_doubts(response: float | None) -> tuple[str, ...]:
    """Return what the first convolution's answer says against the feeding; a sentence, or none."""
    least, most = USUAL_ANSWER
    if response is None or least <= response <= most:
        return ()
    how = "strongly" if response > most else "weakly"
    usual = f"usual are {least:g} to {most:g}"
    return (f"the first convolution answers photos {how}: {response:.3g}, {usual}. {REMEDY}",)


@dataclass
class Scale:
    """How long vectors are, and how much they differ between photos."""

    count: int = 0
    squares: float = 0.0
    positive: float = 0.0
    values: float = 0.0
    total: np.ndarray | float = field(default=0.0, repr=False)

    def add(self, vector: np.ndarray) -> None:
        """Count a vector (D,) float32."""
        self.count += 1
        self.values += vector.size
        self.positive += np.count_nonzero(vector)
        self.squares += float(vector @ vector)
        self.total = self.total + vector.astype(np.float64)

    @property
    def sparsity(self) -> float:
        """The share of zeros."""
        return 1 - self.positive / max(1.0, self.values)

    @property
    def scale(self) -> float:
        """The root of the mean square of all values."""
        return float((self.squares / max(1.0, self.values)) ** 0.5)

    @property
    def spread(self) -> float:
        """The share of that scale which differs between photos: 0 where all vectors are one, else up to 1."""
        if not self.squares:
            return 0.0
        mean = np.asarray(self.total) / self.count
        return float(max(0.0, 1 - self.count * float(mean @ mean) / self.squares) ** 0.5)

    def doubts(self, settings: dict[str, Any]) -> Iterator[str]:
        """Yield what speaks against the settings that made the vectors, a sentence each."""
        if not self.count or settings["weights"] in ("random", "untrained", "caffenet"):
            return
        least, most = USUAL_SCALE
        standardised = is_onnx(settings["weights"])
        if standardised and not least <= self.scale <= most:
            how = "large" if self.scale > most else "small"
            yield f"the vectors are {how}: scale {self.scale:.3g}, usual are {least:g} to {most:g}. {REMEDY}"
        if self.count >= ENOUGH and self.spread < USUAL_SPREAD:
            yield f"the vectors of all photos are nearly one: {self.spread:.1%} of them differs. {REMEDY}"
