"""The threads of an update: how many are worth starting, and how they divide its arrays.

The compiled arithmetic has a thread pool of its own, in which OpenBLAS and Numba use one thread each. Their
own pools get in each other's way: OpenBLAS's threads spin for some 20 ms after a product, on the cores that
the compiled loops need. Threads of this pool sleep, and each computes a product and the loop that follows on
its own rows.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from store.processes.cores import cores
from train.model import Array

WORTHWHILE = 3e9
"""Floating-point operations of an update from which a second thread pays. Smaller products gain little from
it on an idle machine, and lose on a busy one: each waits for a thread that is not running."""
MIN_ROWS = 32
"""Fewer rows of a product are not worth a thread."""


@dataclass(frozen=True)
class _Pool:
    size: int
    """Threads, that of the caller included."""
    executor: ThreadPoolExecutor


_pool: ContextVar[_Pool | None] = ContextVar("pool", default=None)


def worthwhile_threads(tokens: float, vocabulary: int, hidden: int) -> int:
    """Return the threads for updates of so many tokens: all cores, or one where the output layer is small."""
    # 2 operations a multiply-add, for the forward product and the two of the backward pass.
    return cores() if 6 * tokens * vocabulary * hidden >= WORTHWHILE else 1


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Run products on `count` threads of OpenBLAS's own within the block."""
    with threadpool_limits(count, user_api="blas"):
        yield


@contextmanager
def pool_threads(count: int) -> Iterator[None]:
    """Run what `divide` divides on `count` threads of a pool within the block, and products on one each."""
    if count == 1:
        with blas_threads(1):
            yield
        return
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(count - 1) as executor:
        before = _pool.set(_Pool(count, executor))
        try:
            yield
        finally:
            _pool.reset(before)


def divide(count: int, work: Callable[[slice], object], least: int = 1) -> None:
    """Call `work` with slices that together cover range(count), one per thread of the pool; wait for all.

    Args:
        count: rows, or whatever else is divided. The slices depend on it and on the pool's size alone, so the
            same settings repeat the same bits.
        work: called once, with everything, where there is no pool.
        least: the smallest slice that is worth a thread.

    Raises:
        Exception: what `work` raised in any thread, once all have ended.
    """
    pool = _pool.get()
    parts = min(pool.size, max(count // least, 1)) if pool else 1
    ends = [count * part // parts for part in range(parts + 1)]
    first, *others = map(slice, ends, ends[1:])
    # A copied context carries NumPy's error state (np.errstate) into the thread.
    futures = [pool.executor.submit(copy_context().run, work, other) for other in others] if pool else []
    try:
        work(first)
    finally:
        wait(futures)  # the caller may change or free the arrays next
    for future in futures:
        future.result()


def product(left: Array, right: Array) -> Array:
    """Return left @ right, the rows of `left` divided among the threads.

    Args:
        left: (M, K) float32.
        right: (K, ...) float32.

    Returns:
        (M, ...) of the dtype of `left`.
    """
    result = np.empty((len(left), *right.shape[1:]), left.dtype)
    divide(len(left), lambda rows: np.matmul(left[rows], right, out=result[rows]), MIN_ROWS)
    return result
