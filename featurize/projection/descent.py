"""t-SNE: places in the plane whose neighbourhoods are those of vectors, found by gradient descent.

N points. The method is exact: each step looks at all pairs, so it is for some thousand points.

Sources: van der Maaten and Hinton 2008, Visualizing Data using t-SNE, JMLR 9: the cost (equations 2 and 4),
its gradient (equation 5), momentum, and gains of each coordinate as in Jacobs 1988 (section 3.4).
Belkina et al. 2019, Nature Communications 10, 5415: the exaggeration of 12, a learning rate that grows with
N. Kobak and Berens 2019, Nature Communications 10, 5416: principal components as the start.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from store.processes.kept import compiled

Floats = NDArray[np.float64]
STEPS, EARLY = 500, 250
"""Steps, and how many of them are exaggerated: clusters form and find their places in these."""
EXAGGERATION = 12.0
MOMENTA = (0.5, 0.8)
"""In the first `EARLY` steps, and in the others."""
START = 1e-4
"""The standard deviation of the start."""
LEAST_GAIN = 0.01


def spread(
    affinities: Floats, start: Floats, report: Callable[[int, int], None] = lambda done, total: None
) -> Floats:
    """Return places (N, 2) that keep neighbourhoods.

    Args:
        affinities: (N, N) joint probabilities, as `projection.affinities` returns them.
        start: (N, 2) places to begin at, in any scale; the result follows from them.
        report: is told how many steps of how many are done.
    """
    places = start / max(start.std(), 1e-300) * START
    rate = max(len(places) / EXAGGERATION / 4, 50.0)
    slope, moved, gains = np.empty_like(places), np.zeros_like(places), np.ones_like(places)
    for step in range(STEPS):
        early = step < EARLY
        gradient(affinities, places, EXAGGERATION if early else 1.0, slope)
        # A coordinate that goes on as it did moves faster, one that turns slower.
        gains = np.maximum(np.where(slope * moved < 0, gains + 0.2, gains * 0.8), LEAST_GAIN)
        moved = MOMENTA[not early] * moved - rate * gains * slope
        places = places + moved
        places -= places.mean(0)
        report(step + 1, STEPS)
    return np.asarray(places)


# Sums may be reordered, or they would not vectorise.
@compiled("void(f8[:,::1], f8[:,::1], f8, f8[:,::1])", fastmath={"reassoc", "contract", "nsz", "arcp"})
def gradient(affinities: Floats, places: Floats, exaggeration: float, result: Floats) -> None:
    """Fill in the gradient of the cost by the places, with the affinities exaggerated.

    The cost C is the Kullback-Leibler divergence of q from p, in nats; q_ij is proportional to
    1 / (1 + |y_i - y_j|^2), over all pairs of two different points.

    dC/dy_i = 4 * sum over j of (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2).

    Args:
        affinities: (N, N).
        places: (N, 2).
        exaggeration: what affinities are multiplied by.
        result: (N, 2).
    """
    count = len(places)
    across, down = places[:, 0].copy(), places[:, 1].copy()
    pushed = np.empty((count, 2))
    total = 0.0
    # Pull and push apart, since the sum that q_ij is divided by is known at the end.
    for i in range(count):
        x, y = across[i], down[i]
        pull_x, pull_y, push_x, push_y, own = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(count):
            to_x, to_y = x - across[j], y - down[j]
            kernel = 1.0 / (1.0 + to_x * to_x + to_y * to_y)
            pull, push = affinities[i, j] * kernel, kernel * kernel
            pull_x += pull * to_x
            pull_y += pull * to_y
            push_x += push * to_x
            push_y += push * to_y
            own += kernel
        total += own - 1.0  # a point and itself
        result[i, 0], result[i, 1] = pull_x, pull_y
        pushed[i, 0], pushed[i, 1] = push_x, push_y
    for i in range(count):
        for axis in range(2):
            result[i, axis] = 4.0 * (exaggeration * result[i, axis] - pushed[i, axis] / total)
