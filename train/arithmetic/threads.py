"""The threads of an update: how many are worth starting."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from store.processes.cores import cores

WORTHWHILE = 1e8
"""Floating-point operations of an update's output layer from which a second thread pays. On a busy machine
smaller ones wait longer for a thread that is not running than they gain by it."""


def worthwhile_threads(tokens: float, vocabulary: int, hidden: int, sharing: int = 1) -> int:
    """Return the threads for updates of so many tokens: all cores, or one where the output layer is small.

    Args:
        sharing: the processes of this machine that share its cores.
    """
    # 2 operations a multiply-add, for the forward product and the two of the backward pass.
    return max(1, cores() // sharing) if 6 * tokens * vocabulary * hidden >= WORTHWHILE else 1


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Run products on `count` threads of OpenBLAS's own within the block."""
    with threadpool_limits(count, user_api="blas"):
        yield
