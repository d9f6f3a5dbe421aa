"""Makes the next item of a generator while the last is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Generator[T]) -> Iterator[T]:
    """Yield from `items`, none of which is None; a thread makes one while the last is used.

    It pays where both read and write files or compute with the interpreter's lock released, as Arrow does.
    What `items` raises is raised here, in its turn; it is closed whatever ends the loop.
    """
    with closing(items), ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = pool.submit(next, items, None)
            yield item
