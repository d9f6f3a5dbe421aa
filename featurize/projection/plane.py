"""Vectors in the plane: principal components, then t-SNE. The same vectors give the same picture.

N vectors of D values.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from featurize.projection.affinities import affinities, squared_distances
from featurize.projection.descent import spread
from featurize.projection.principal import principal, standardised

COMPONENTS = 50
"""Principal components that distances are taken in, as Kobak and Berens 2019 do; van der Maaten and Hinton
2008 took 30."""
PERPLEXITY = 30.0
LEAST = 4
"""Vectors from which there are neighbourhoods to keep."""


def plane(
    vectors: NDArray[np.floating], report: Callable[[int, int], None] = lambda done, total: None
) -> NDArray[np.float64]:
    """Return places (N, 2) in the plane, between -1 and 1, their middle at 0.

    Args:
        vectors: (N, D) raw, as the cache has them; N is at least 1.
        report: is told how many steps of how many are done.
    """
    components = principal(standardised(vectors), COMPONENTS)
    start = np.zeros((len(vectors), 2))
    start[:, : min(2, components.shape[1])] = components[:, :2]
    if len(vectors) < LEAST or not components.any():
        return _scaled(start)
    # A vector has at most N - 1 neighbours; a third of them is what keeps few vectors apart.
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    return _scaled(spread(affinities(squared_distances(components), perplexity), start, report))


def _scaled(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places with the middle of their extent at 0, and the farthest coordinate at 1."""
    middle = (places.max(0) + places.min(0)) / 2
    return np.asarray((places - middle) / max(float(np.abs(places - middle).max()), 1e-300))
