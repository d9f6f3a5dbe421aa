"""The queue in front of the model: visitors take turns, and a queue that is too long takes nobody else."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from web.door.usage import Usage
from web.languages import LocalisedError, Message

T = TypeVar("T")
HANDICAP = 10.0
"""Seconds that a job stands behind those who come after it, for each second of the model its visitor had
lately."""


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
        self.retry_after, self.own = retry_after, own


@dataclass(eq=False)
class _Job:
    """Work of a visitor; `turn` is when it would run if time were dealt out evenly: the least is next."""

    visitor: str
    turn: float
    work: Callable[[], Any]
    result: "asyncio.Future[Any]"


class FairQueue:
    """Runs one job at a time in a thread: visitors in turn, each visitor's jobs in their order.

    One at a time, because a model uses all cores. In turn, because one visitor with many requests must not
    make everybody else wait for all of them: whoever had much of the model lately stands behind whoever had
    little, and gives way to them where the queue is full. No one is overtaken for ever: only by those who
    come within `HANDICAP` times the seconds that they had.

    Args:
        capacity: how many jobs may wait.
        per_visitor: how many of them may be one visitor's.
        max_wait: the seconds that the waiting jobs may be expected to take: more visitors than that would
            leave before their turn.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        capacity: int = 32,
        per_visitor: int = 4,
        max_wait: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity, self._per_visitor, self._max_wait = capacity, per_visitor, max_wait
        self._clock, self._usage = clock, Usage(clock)
        self._waiting: list[_Job] = []
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="captions")
        self._seconds_per_job = 0.5
        """A moving average; it starts as a guess."""

    @property
    def waiting(self) -> int:
        """How many jobs wait; the one that runs is not counted."""
        return len(self._waiting)

    async def run(self, visitor: str, work: Callable[[], T]) -> T:
        """Wait for the visitor's turn, run `work` in the thread, and return or raise what it does.

        Raises:
            QueueFull: the queue takes no more from this visitor, or from anybody; or somebody came who had
            less.
        """
        own = sum(job.visitor == visitor for job in self._waiting)
        if own >= self._per_visitor:
            raise self._full(own, own=True)
        turn = self._clock() + HANDICAP * (self._usage.of(visitor) + own * self._seconds_per_job)
        self._make_room(turn)
        job = _Job(visitor, turn, work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        result: T = await job.result
        return result

    def _make_room(self, turn: float) -> None:
        """Take the job whose turn is last out of a full queue, if a job of an earlier turn comes."""
        waiting = self.waiting
        if waiting < self._capacity and waiting * self._seconds_per_job <= self._max_wait:
            return
        last = max(self._waiting, key=lambda job: job.turn, default=None)
        if last is None or last.turn <= turn:
            raise self._full(waiting, own=False)
        self._waiting.remove(last)
        if not last.result.done():
            last.result.set_exception(self._full(waiting, own=False))

    def _full(self, ahead: int, own: bool) -> QueueFull:
        return QueueFull(ahead, max(1, math.ceil(ahead * self._seconds_per_job)), own)

    async def _work(self) -> None:
        """Run jobs until none waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            job = min(self._waiting, key=lambda job: job.turn)  # of equal ones the first that came
            self._waiting.remove(job)
            if job.result.done():
                continue  # the visitor has closed the page
            started = self._clock()
            try:
                result = await loop.run_in_executor(self._thread, job.work)
            except Exception as error:  # it belongs to this visitor only; the worker goes on
                if not job.result.cancelled():
                    job.result.set_exception(error)
            else:
                if not job.result.cancelled():
                    job.result.set_result(result)
            taken = self._clock() - started
            self._usage.add(job.visitor, taken)
            # A fifth of each new time: steady, yet it follows a change of model within some jobs.
            self._seconds_per_job += (taken - self._seconds_per_job) * 0.2
