"""Threads of an update: how many it is worth, and how its arrays are divided among them.

The fused path keeps a team of its own, in which OpenBLAS and Numba have one thread each. Pools of theirs wait
for each other: OpenBLAS's threads spin for some 20 ms after a product, on the cores that the kernels need. A
team's threads sleep, and each does a product and the kernel that follows on its own share.
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
ROWS = 32
"""A thread is given no fewer rows of a product."""


@dataclass(frozen=True)
class _Team:
    size: int
    helpers: ThreadPoolExecutor


_team: ContextVar[_Team | None] = ContextVar("team", default=None)


def worthwhile_threads(tokens: float, vocabulary: int, hidden: int) -> int:
    """Return the threads for updates of so many tokens: all, or one where the output layer is small work."""
    return cores() if 6 * tokens * vocabulary * hidden >= WORTHWHILE else 1


@contextmanager
def limited(count: int, fused: bool = False) -> Iterator[None]:
    """Run updates on `count` threads within the block: a team's for the fused path, else OpenBLAS's own."""
    if not fused or count == 1:
        with threadpool_limits(count, user_api="blas"):
            yield
        return
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(count - 1) as helpers:
        before = _team.set(_Team(count, helpers))
        try:
            yield
        finally:
            _team.reset(before)


def divide(count: int, work: Callable[[slice], object], least: int = 1) -> None:
    """Call `work` with slices that make up range(count), one for each thread of the team, and wait for all.

    Args:
        count: rows, or whatever else is divided. How depends on it and on the team's size alone.
        work: is called once, with everything, where there is no team.
        least: there are fewer slices rather than smaller ones.
    """
    team = _team.get()
    parts = min(team.size, max(count // least, 1)) if team else 1
    ends = [count * part // parts for part in range(parts + 1)]
    first, *others = map(slice, ends, ends[1:])
    begun = [team.helpers.submit(copy_context().run, work, other) for other in others] if team else []
    try:
        work(first)
    finally:
        wait(begun)  # whoever called may change the arrays next, or give them back
    for share in begun:
        share.result()


def product(left: Array, right: Array) -> Array:
    """Return left (M, K) @ right (K, ...), the rows of `left` divided among the threads."""
    result = np.empty((len(left), *right.shape[1:]), left.dtype)
    divide(len(left), lambda rows: np.matmul(left[rows], right, out=result[rows]), ROWS)
    return result
