"""Engines run an encoder over batches: on the cores of this machine, or on the machines of a Ray cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from featurize.encoder import About, Photos, Row, open_encoder
from featurize.options import FeatureOptions

Batch = TypeVar("Batch")


class Engine(Protocol):
    """Turns batches of photos into rows of a cache.

    Attributes:
        about: what computes and why, for the user and for those who read the vectors.
        dimensions: D, the values in a vector.
    """

    about: About
    dimensions: int

    def rows(self, batches: Iterable[Photos]) -> Iterator[list[Row]]:
        """Yield the rows of each batch, in any order of batches; only a few are in memory at once."""
        ...


def open_engine(options: FeatureOptions, weights: Path) -> AbstractContextManager[Engine]:
    """Return the engine that the settings ask for, as a context manager.

    Raises:
        UserError: the weights, the backend or the cluster cannot be used; the message says why.
    """
    if options.engine == "ray":
        from featurize.distributed import ray_engine

        return ray_engine(options, weights)
    return _local(options, weights)


@contextmanager
def _local(options: FeatureOptions, weights: Path) -> Iterator[Engine]:
    encoder = open_encoder(options, weights)
    with ThreadPoolExecutor(encoder.threads) as pool:
        yield LocalEngine(encoder.about, encoder.dimensions, encoder.rows, pool, 2 * encoder.threads)


class LocalEngine(Generic[Batch]):
    """The threads of this process; see `Engine`. Batches of what, its caller decides."""

    def __init__(
        self,
        about: About,
        dimensions: int,
        compute: Callable[[Batch], list[Row]],
        pool: ThreadPoolExecutor,
        depth: int,
    ) -> None:
        self.about, self.dimensions = about, dimensions
        self._compute, self._pool, self._depth = compute, pool, depth

    def rows(self, batches: Iterable[Batch]) -> Iterator[list[Row]]:
        """Yield the rows of each batch, in order; at most `depth` batches are read but not yet yielded."""
        waiting: deque[Future[list[Row]]] = deque()
        try:
            for batch in batches:
                waiting.append(self._pool.submit(self._compute, batch))
                if len(waiting) >= self._depth:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # Where the caller stops early, batches that have not started need not be computed.
            for future in waiting:
                future.cancel()
