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

from threadpoolctl import threadpool_limits

from store.processes.cores import cores

WORTHWHILE = 3e9
"""Floating-point operations of an update from which a second thread pays. Smaller products gain little from
it on an idle machine, and lose on a busy one: each waits for a thread that is not running."""


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
    """Run what is computed `together` on `count` threads within the block, and products on one each."""
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


def pool_size() -> int:
    """Return how many threads `together` uses: those of the pool, or the caller alone."""
    pool = _pool.get()
    return pool.size if pool else 1


def together(work: Callable[[int], object]) -> None:
    """Call `work` with 0, 1, … in as many threads as there are, all at once; wait for all.

    Raises:
        Exception: what `work` raised in any thread, once all have ended.
    """
    pool = _pool.get()
    # A copied context carries NumPy's error state (np.errstate) into the thread.
    futures = [pool.executor.submit(copy_context().run, work, n) for n in range(1, pool.size)] if pool else []
    try:
        work(0)
    finally:
        wait(futures)  # the caller may change or free the arrays next
    for future in futures:
        future.result()
