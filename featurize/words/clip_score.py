"""CLIPScore: how much a text says what its photo shows, by a model of images and texts.

N pairs of a photo and a text, D values in a vector.
"""

import numpy as np

WEIGHT = 2.5
"""w of the paper: it stretches the cosines of CLIP ViT-B/32, which lie between 0 and 0.4, to about 0 to 1."""


def clip_score(photos: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Return w * max(cos(photo, text), 0) of each pair, (N,) float64, 0 to 2.5; 0 where one has no length.

    Args:
        photos: (N, D) vectors of photos, of any length.
        texts: (N, D) vectors of texts by the same model.

    Source: Hessel et al. 2021, CLIPScore, section 3. Their prompt, "A photo depicts", is not put before the
    texts: it is English, and captions are what they are.
    """
    one, other = np.asarray(photos, np.float64), np.asarray(texts, np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    products = (one * other).sum(axis=1)
    cosines = np.divide(products, lengths, out=np.zeros(len(one)), where=lengths > 0)
    return np.asarray(WEIGHT * np.maximum(cosines, 0))
