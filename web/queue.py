"""A line in front of the model: visitors take turns, and nobody waits in a line that is too long."""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from web.languages import Message, Told

T = TypeVar("T")


class QueueFull(Told):
    """There is no room in the line. `retry_after` is how many seconds are likely to help."""

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
    done: "asyncio.Future[Any]"


class FairQueue:
    """Runs one piece of work at a time in a thread, visitors in turn, each visitor's work in its order.

    Args:
        capacity: how much work may wait altogether.
        each: how much of it may be one visitor's.
        patience: the seconds that the work waiting may be likely to take; a longer line takes no more.
    """

    def __init__(self, capacity: int = 32, each: int = 4, patience: float = 20.0) -> None:
        self._capacity, self._each, self._patience = capacity, each, patience
        self._lines: OrderedDict[str, deque[_Job]] = OrderedDict()
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="captions")
        self._seconds = 0.5
        """What a piece of work takes, a moving average."""

    @property
    def waiting(self) -> int:
        """How much work waits, the piece being done not counted."""
        return sum(map(len, self._lines.values()))

    async def run(self, visitor: str, work: Callable[[], T]) -> T:
        """Wait in line, do the work in a thread, return what it returned or raise what it raised.

        Raises:
            QueueFull: there is no room for this visitor, or for anybody.
        """
        line = self._lines.get(visitor, ())
        waiting = self.waiting
        full = waiting >= self._capacity or waiting * self._seconds > self._patience
        if full or len(line) >= self._each:
            own = not full
            ahead = len(line) if own else waiting
            raise QueueFull(ahead, max(1, math.ceil(ahead * self._seconds)), own)
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._lines.setdefault(visitor, deque()).append(job)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._serve())
        result: T = await job.done
        return result

    async def _serve(self) -> None:
        """Take the first job of the first visitor, who then goes to the end, until nobody waits."""
        loop = asyncio.get_running_loop()
        while self._lines:
            visitor, line = self._lines.popitem(last=False)
            job = line.popleft()
            if line:
                self._lines[visitor] = line
            if job.done.cancelled():
                continue  # the visitor has left
            started = loop.time()
            try:
                result = await loop.run_in_executor(self._thread, job.work)
            except Exception as error:
                if not job.done.cancelled():
                    job.done.set_exception(error)
            else:
                if not job.done.cancelled():
                    job.done.set_result(result)
            self._seconds += (loop.time() - started - self._seconds) * 0.2
