"""The queue in front of the model: visitors take turns, and a queue that is too long takes nobody else."""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from web.languages import LocalisedError, Message

T = TypeVar("T")


class QueueFull(LocalisedError):
    """The queue takes no more work.

    Args:
        waiting: how many requests are ahead: the visitor's own, or everybody's.
        retry_after: seconds after which another try is likely to succeed.
        own: whether it is the visitor's own limit that is reached.
    """

    def __init__(self, waiting: int, retry_after: int, own: bool) -> None:
        ahead = {"waiting": waiting}
        if own:
            full = Message(
                "{waiting} of your own requests for captions are waiting: no more are taken.", ahead
            )
        else:
            full = Message("{waiting} requests for captions are waiting: no more are taken.", ahead)
        values = {"full": full, "seconds": retry_after}
        super().__init__(Message("{full} Try again in {seconds} seconds.", values))
        self.retry_after = retry_after


@dataclass
class _Job:
    work: Callable[[], Any]
    result: "asyncio.Future[Any]"


class FairQueue:
    """Runs one job at a time in a thread: visitors in turn, each visitor's jobs in their order.

    One at a time, because a model uses all cores. In turn, because one visitor with many requests must not
    make everybody else wait for all of them.

    Args:
        capacity: how many jobs may wait.
        per_visitor: how many of them may be one visitor's.
        max_wait: the seconds that the waiting jobs may be expected to take: more visitors than that would
            leave before their turn.
    """

    def __init__(self, capacity: int = 32, per_visitor: int = 4, max_wait: float = 20.0) -> None:
        self._capacity, self._per_visitor, self._max_wait = capacity, per_visitor, max_wait
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="captions")
        self._seconds_per_job = 0.5
        """A moving average; it starts as a guess."""

    @property
    def waiting(self) -> int:
        """How many jobs wait; the one that runs is not counted."""
        return sum(map(len, self._waiting.values()))

    async def run(self, visitor: str, work: Callable[[], T]) -> T:
        """Wait for the visitor's turn, run `work` in the thread, and return or raise what it does.

        Raises:
            QueueFull: the queue takes no more from this visitor, or from anybody.
        """
        own_jobs = len(self._waiting.get(visitor, ()))
        waiting = self.waiting
        full = waiting >= self._capacity or waiting * self._seconds_per_job > self._max_wait
        if full or own_jobs >= self._per_visitor:
            ahead = waiting if full else own_jobs
            raise QueueFull(ahead, max(1, math.ceil(ahead * self._seconds_per_job)), own=not full)
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(visitor, deque()).append(job)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        result: T = await job.result
        return result

    async def _work(self) -> None:
        """Run jobs until none waits: the first visitor's first job, then that visitor goes to the end."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            visitor, jobs = self._waiting.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._waiting[visitor] = jobs
            if job.result.cancelled():
                continue  # the visitor has closed the page
            started = loop.time()
            try:
                result = await loop.run_in_executor(self._thread, job.work)
            except Exception as error:  # it belongs to this visitor only; the worker goes on
                if not job.result.cancelled():
                    job.result.set_exception(error)
            else:
                if not job.result.cancelled():
                    job.result.set_result(result)
            # A fifth of each new time: steady, yet it follows a change of model within some jobs.
            self._seconds_per_job += (loop.time() - started - self._seconds_per_job) * 0.2
