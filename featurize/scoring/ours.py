"""Two scorers of our own, which show what one is; named by `featurize.scoring.ours:kanji`, say.

H rows and W columns of a photo.
"""

import re

import numpy as np

_KANJI = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def colourfulness(photo: np.ndarray) -> float:
    """Return how colourful a photo is: 0 for grey ones, about 100 for the most colourful.

    Args:
        photo: (H, W, 3) uint8, channels R, G, B.

    Source: Hasler and Süsstrunk 2003, their metric M3.
    """
    red, green, blue = np.moveaxis(photo.astype(np.float64), -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue])  # (2, H, W)
    deviations, means = opponents.std(axis=(1, 2)), opponents.mean(axis=(1, 2))
    return float(np.hypot(*deviations) + 0.3 * np.hypot(*means))


def kanji(text: str) -> float:
    """Return the share of a caption's characters that are kanji, 0 to 1."""
    return len(_KANJI.findall(text)) / max(len(text), 1)
