"""How alike vectors are, as probabilities: what t-SNE keeps when it lays them out.

N vectors. Source of every formula: van der Maaten and Hinton 2008, Visualizing Data using t-SNE, Journal of
Machine Learning Research 9, 2579-2605.
"""

import numpy as np
from numpy.typing import NDArray

from store.processes.kept import compiled

Floats = NDArray[np.float64]
CLOSE = 1e-5
"""Nats by which a row's entropy may miss what its perplexity asks for."""
TRIES = 64


def squared_distances(vectors: Floats) -> Floats:
    """Return the squared Euclidean distances of vectors (N, K), (N, N)."""
    squares = np.square(vectors).sum(1)
    found = squares[:, None] + squares[None, :] - 2 * vectors @ vectors.T
    np.fill_diagonal(found, 0.0)
    return np.asarray(np.maximum(found, 0.0))


def affinities(distances: Floats, perplexity: float) -> Floats:
    """Return the joint probabilities p_ij (N, N): symmetric, 0 on the diagonal, with sum 1.

    p_j|i is proportional to exp(-d_ij / 2 sigma_i^2), where sigma_i gives row i the perplexity (equation 1);
    p_ij = (p_j|i + p_i|j) / 2N (section 3.1).

    Args:
        distances: (N, N) squared, 0 on the diagonal.
        perplexity: how many neighbours a vector has, smoothly counted: 2 to the power of the row's entropy in
            bits. Above 1, and below N - 1.
    """
    conditional = np.zeros_like(distances)
    _conditional(np.ascontiguousarray(distances), float(np.log(perplexity)), conditional)
    return (conditional + conditional.T) / (2 * len(distances))


@compiled("void(f8[:,::1], f8, f8[:,::1])")
def _conditional(distances: Floats, entropy: float, result: Floats) -> None:
    """Fill in p_j|i, each row with an entropy in nats; a row whose vectors are all equal gets even shares."""
    count = len(distances)
    for row in range(count):
        nearest, mean = np.inf, 0.0
        for column in range(count):
            if column != row:
                nearest = min(nearest, distances[row, column])
                mean += distances[row, column] / (count - 1)
        # 1 / 2 sigma^2, by halving: the entropy falls as it grows. It begins at the scale of the distances.
        beta, low, high = 1.0 / max(mean - nearest, 1e-12), 0.0, np.inf
        for _ in range(TRIES):
            total, weighted = 0.0, 0.0
            for column in range(count):
                if column != row:
                    # The nearest has weight 1, so that the sum is never 0.
                    beyond = distances[row, column] - nearest
                    weight = np.exp(-beta * beyond)
                    result[row, column] = weight
                    total += weight
                    weighted += weight * beyond
            difference = np.log(total) + beta * weighted / total - entropy
            if abs(difference) < CLOSE:
                break
            if difference > 0:
                low = beta
                beta = 2 * beta if high == np.inf else (low + high) / 2
            else:
                high = beta
                beta = (low + high) / 2
        for column in range(count):
            result[row, column] /= total
