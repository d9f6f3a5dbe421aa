"""How many threads an update is worth: OpenBLAS and Numba each keep threads, and waiting for them costs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

WORTHWHILE = 3e9
"""Floating-point operations of an update from which a second thread pays. Smaller products gain little from
it on an idle machine, and on a busy one lose twentyfold: each waits for a thread that is not running."""


def worthwhile(tokens: float, vocabulary: int, hidden: int) -> int:
    """Return the threads for updates of so many tokens: all, or one where the output layer is small work."""
    return (os.cpu_count() or 1) if 6 * tokens * vocabulary * hidden >= WORTHWHILE else 1


@contextmanager
def limited(count: int, fused: bool = False) -> Iterator[None]:
    """Let OpenBLAS, and Numba's kernels where they are used, run on `count` threads within the block."""
    with threadpool_limits(count, user_api="blas"):
        if not fused:
            yield
            return
        import numba

        before = numba.get_num_threads()
        numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))
        try:
            yield
        finally:
            numba.set_num_threads(before)
