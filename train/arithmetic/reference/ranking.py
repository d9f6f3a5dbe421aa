"""What decoding asks of a step's logits, in array functions: NumPy's or CuPy's.

N rows of a step, V tokens of the vocabulary, K tokens asked for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.arithmetic.arrays import namespace, to_host

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def log_sum_exp(logits: Any) -> tuple[Floats, None]:
    """Return log(sum(exp(row))) of each row of logits (N, V), (N,) float64 on the host: see `Ranking`."""
    xp = namespace(logits)
    # The maximum is taken off before exp, which would overflow otherwise; float64 sums many small terms.
    highest = logits.max(axis=1)
    total = xp.exp(logits - highest[:, None]).sum(axis=1, dtype=np.float64)
    return np.asarray(to_host(xp.log(total) + highest)), None


def top_k(logits: Any, k: int, _: None = None) -> tuple[Floats, Ints]:
    """Return the k largest of logits (N, V) and their columns, (N, k) float64 and int64: see `Ranking`."""
    xp = namespace(logits)
    order = xp.argsort(-logits, axis=1, kind="stable")[:, :k]
    return to_host(xp.take_along_axis(logits, order, axis=1)).astype(np.float64), to_host(order)
