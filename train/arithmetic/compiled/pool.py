"""The threads that run a compiled function together.

OpenBLAS and Numba use one thread each within it. Their own pools get in each other's way: OpenBLAS's threads
spin for some 20 ms after a product, on the cores that the compiled loops need.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from train.arithmetic.compiled.meeting import ABANDONED, new_counter
from train.arithmetic.threads import blas_threads
from train.model import Array

Work = Callable[[int, Array], object]


class _Given(NamedTuple):
    """A call of `together`."""

    context: Context
    work: Work
    counter: Array
    errors: list[BaseException]


class _Pool:
    """Threads beside the caller, each with a queue of its own."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._counter = new_counter(size)
        self._queues: list[SimpleQueue[_Given | None]] = [SimpleQueue() for _ in range(1, size)]
        numbered = enumerate(self._queues, 1)
        self._threads = [Thread(target=self._serve, args=each, daemon=True) for each in numbered]
        for thread in self._threads:
            thread.start()

    def _serve(self, number: int, queue: SimpleQueue[_Given | None]) -> None:
        while (given := queue.get()) is not None:
            try:
                given.context.run(given.work, number, given.counter)
            except BaseException as error:
                given.errors.append(error)
                given.counter[ABANDONED] = 1
            del given  # or this thread would keep the arrays until its next work

    def together(self, work: Work) -> None:
        counter, errors = self._counter, list[BaseException]()
        try:
            for queue in self._queues:
                # A copied context carries NumPy's error state (np.errstate) into the thread.
                queue.put(_Given(copy_context(), work, counter, errors))
            work(0, counter)
        except BaseException:
            # A signal's exception, maybe, before the work began: nobody may wait for this thread.
            counter[ABANDONED] = 1
            self._counter = new_counter(self.size)
            raise
        if errors:
            self._counter = new_counter(self.size)
            raise errors[0]

    def close(self) -> None:
        """Wait for what is being computed, and end the threads."""
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()


_pool: ContextVar[_Pool | None] = ContextVar("pool", default=None)


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
    """Call `work` in as many threads as there are, of which the caller is the first, all at once.

    Args:
        work: called with the thread's number, from 0, and a counter for `meeting.meet`. It ends with a
            meeting, and does no more after a meeting that failed.

    Raises:
        Exception: what `work` raised in a thread.
    """
    pool = _pool.get()
    if pool is None:
        work(0, new_counter(1))
    else:
        pool.together(work)
