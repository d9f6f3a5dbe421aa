"""Principal components of vectors: their few directions of most variance.

N vectors of D values, K components.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def standardised(vectors: NDArray[np.floating]) -> Floats:
    """Return vectors (N, D) with each value's mean 0 and variance 1, then each vector's length 1.

    Neighbours are told by the same (`train.captions.pool`): the squared distance of two such vectors is twice
    their cosine distance. Values that never vary, and a vector that has no others, become 0.
    """
    values = np.asarray(vectors, np.float64)
    values = values - values.mean(0)
    deviation = values.std(0)
    values = np.divide(values, deviation, out=np.zeros_like(values), where=deviation > 0)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0))


def principal(vectors: Floats, count: int) -> Floats:
    """Return vectors (N, D) in their first K principal components, (N, K), K = min(count, N, D).

    A component's sign is free: here its largest value in magnitude is positive, so that it is the same each
    time.

    Source: Jolliffe 2002, Principal Component Analysis, section 3.5 (by the singular values of the centred
    data).
    """
    centred = vectors - vectors.mean(0)
    small = centred @ centred.T if len(centred) <= centred.shape[1] else centred.T @ centred
    values, directions = np.linalg.eigh(small)  # ascending
    wanted = slice(None, -min(count, *centred.shape) - 1, -1)
    values, directions = np.maximum(values[wanted], 0.0), directions[:, wanted]
    scores = directions * np.sqrt(values) if len(centred) <= centred.shape[1] else centred @ directions
    largest = scores[np.abs(scores).argmax(0), np.arange(scores.shape[1])]
    return np.asarray(scores * np.where(largest < 0, -1.0, 1.0))
