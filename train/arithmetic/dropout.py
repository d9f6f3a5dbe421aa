"""Inverted dropout that repeats: the same seed drops the same values, on every device."""

import numpy as np

from train.model import Array


class Dropout:
    """The masks of one update, each drawn when it is asked for; a snapshot needs no state of it.

    Args:
        rate: the share of values that become zero; the others grow by 1 / (1 - rate).
        seed: several integers: the run's, the update's, the process's.

    Source: Srivastava et al. 2014; on an LSTM's inputs and outputs only, Zaremba et al. 2014.
    """

    def __init__(self, rate: float, *seed: int) -> None:
        self._rate = rate
        self._random = np.random.default_rng([*seed, 3])

    def mask(self, *shape: int) -> Array:
        """Return what values of a shape are multiplied by, float32 on the host, each drawn independently."""
        kept = self._random.random(shape, np.float32) >= self._rate
        mask: Array = kept / np.float32(1 - self._rate)
        return mask
