"""The threads of an update: how many are worth starting, and how they are set to work.

The compiled arithmetic has a thread pool of its own, in which OpenBLAS and Numba use one thread each. Their
own pools get in each other's way: OpenBLAS's threads spin for some 20 ms after a product, on the cores that
the compiled loops need. Threads of this pool sleep between updates.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from queue import SimpleQueue
from threading import Thread

from threadpoolctl import threadpool_limits

from store.processes.cores import cores

WORTHWHILE = 5e7
"""Floating-point operations of an update's output layer from which a second thread pays."""
Work = Callable[[int], object]
Ended = SimpleQueue[BaseException | None]


class _Pool:
    """Threads that wait for work, each in a queue of its own.

    The caller is none of them. A signal's exception is raised in the main thread, which calls; a thread that
    the others wait for, inside compiled code, must not be torn out of its work.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._queues: list[SimpleQueue[tuple[Context, Work, Ended] | None]] = [
            SimpleQueue() for _ in range(size)
        ]
        self._threads = [Thread(target=self._serve, args=(number,), daemon=True) for number in range(size)]
        for thread in self._threads:
            thread.start()

    def _serve(self, number: int) -> None:
        while True:
            given = self._queues[number].get()
            if number == 0:
                # Handed on here, not by the caller: a signal could keep the caller from reaching all.
                for queue in self._queues[1:]:
                    queue.put(given)
            if given is None:
                return
            context, work, ended = given
            try:
                context.copy().run(work, number)
            except BaseException as error:
                ended.put(error)
            else:
                ended.put(None)
            del given, context, work, ended  # or this thread would keep the arrays until its next work

    def together(self, work: Work) -> None:
        ended: Ended = SimpleQueue()
        # A copied context carries NumPy's error state (np.errstate) into the threads.
        self._queues[0].put((copy_context(), work, ended))
        errors = [ended.get() for _ in range(self.size)]
        for error in errors:
            if error is not None:
                raise error

    def close(self) -> None:
        """Wait for what is being computed, and end the threads."""
        self._queues[0].put(None)
        for thread in self._threads:
            thread.join()


_pool: ContextVar[_Pool | None] = ContextVar("pool", default=None)


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


@contextmanager
def pool_threads(count: int) -> Iterator[None]:
    """Run what is computed `together` on `count` threads within the block, and products on one each."""
    if count == 1:
        with blas_threads(1):
            yield
        return
    pool = _Pool(count)
    before = _pool.set(pool)
    try:
        with blas_threads(1):
            yield
    finally:
        _pool.reset(before)
        pool.close()


def pool_size() -> int:
    """Return how many threads `together` uses: those of the pool, or the caller alone."""
    pool = _pool.get()
    return pool.size if pool else 1


def together(work: Work) -> None:
    """Call `work` with 0, 1, … in as many threads as there are, all at once; wait for all.

    Raises:
        Exception: what `work` raised in a thread, once all have ended.
    """
    pool = _pool.get()
    if pool is None:
        work(0)
    else:
        pool.together(work)
