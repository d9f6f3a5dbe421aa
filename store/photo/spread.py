"""Computes something of many photos, where there are enough of them in as many processes as there are cores.

Small photos take milliseconds, most of them in Python, NumPy and short calls of Pillow that keep Python's
lock: two threads do 1.1 times the work of one, two processes 1.9 times. Processes start in half a second. So
the first photos are looked at here, and tell whether the others are worth that.
"""

import json
import math
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Generic, TypeVar

from store.errors import UserError
from store.photo.computed import Answer
from store.photo.options import Limits
from store.processes import child
from store.processes.cores import cores

Key = TypeVar("Key")
Compute = Callable[[bytes], Answer]

TRIED = 32
"""After so many photos it is known about how long the others take."""
WORTHWHILE = 2.0
"""Seconds of work that are worth the start of a process."""
CHUNK_PHOTOS, CHUNK_BYTES = 16, 2**20
"""A process is sent about so much at once."""
AHEAD = 4
"""So many chunks a process may have answers that wait for an earlier one."""
CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
"""What ends a process because of the photo that it decodes."""


def spread(
    compute: Compute, photos: Iterator[tuple[Key, bytes | None]], total: int
) -> Generator[tuple[Key, Answer | None]]:
    """Yield what `compute` makes of each photo, in order; None where there are no bytes.

    Each answer is that of the function, wherever it ran. A photo that ends its process has the answer
    `{"error": reason}`. Close it where it is not used up: its processes end with it.

    Args:
        compute: a function of one of our modules.
        photos: whatever tells each apart, and its bytes.
        total: about how many there are.

    Raises:
        UserError: a process has ended, and not because of a photo.
    """
    seconds = 0.0
    for done, (key, content) in enumerate(photos, 1):
        began = time.perf_counter()
        answer = None if content is None else compute(content)
        seconds += time.perf_counter() - began
        yield key, answer
        if done % TRIED == 0 and (count := _processes(seconds / done * (total - done))) > 1:
            yield from _apart(compute, photos, count)
            return


def _processes(seconds: float) -> int:
    """Return how many processes some work is worth; with 1 it is done here."""
    return min(cores(), math.ceil(seconds / WORTHWHILE))


@dataclass
class _Chunk(Generic[Key]):
    """Some photos; answers come in order.

    Args:
        is_careful: its process died of one of them, so they are sent one at a time.
    """

    photos: list[tuple[Key, bytes | None]]
    answers: list[Answer] = field(default_factory=list)
    is_careful: bool = False

    def __post_init__(self) -> None:
        self.contents = [content for _, content in self.photos if content is not None]

    def next(self) -> list[bytes]:
        """Return the photos that are to be sent now; none where all have answers."""
        left = self.contents[len(self.answers) :]
        return left[:1] if self.is_careful else left

    def answered(self) -> Iterator[tuple[Key, Answer | None]]:
        """Yield its photos' answers."""
        answers = iter(self.answers)
        for key, content in self.photos:
            yield key, None if content is None else next(answers)


class _Process(Generic[Key]):
    """A process that computes, one chunk at a time; it is started again after a photo has ended it."""

    def __init__(self, compute: Compute) -> None:
        limits = Limits.options.model_dump_json()
        self._arguments = (limits, compute.__module__, compute.__qualname__)
        self._open = ExitStack()
        self.chunk: _Chunk[Key] | None = None

    def start(self) -> None:
        """Start it; `end` has to follow."""
        self._talk = self._open.enter_context(child.conversing("store.photo.spread_worker", *self._arguments))

    def end(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it: at once because of an error."""
        self._open.__exit__(kind, error, traceback)

    @property
    def answers(self) -> Connection:
        """What becomes readable once it has answered, or died."""
        return self._talk.answers

    def hand(self, chunk: "_Chunk[Key]") -> None:
        """Send it what a chunk has left, if anything. It has nothing else to do, so it reads at once."""
        contents = chunk.next()
        self.chunk = chunk if contents else None
        with suppress(BrokenPipeError):  # it has died, and `take` says of what
            if contents:
                self._talk.questions.send_bytes(str(len(contents)).encode())
            for content in contents:
                self._talk.questions.send_bytes(content)

    def take(self) -> None:
        """Take its answers; what is left of the chunk is handed to it, or to the one started in its place."""
        chunk = self.chunk
        assert chunk is not None
        try:
            chunk.answers += json.loads(self.answers.recv_bytes())
        except (EOFError, OSError):
            ending = self._talk.ending()
            if -(self._talk.process.returncode) not in CRASHES:
                raise UserError(
                    f"a process that looks at photos {ending}. Run the same command again"
                ) from None
            if chunk.is_careful:
                chunk.answers.append({"error": f"the process that decoded it {ending}"})
            chunk.is_careful = True
            self._open.close()
            self.start()
        self.hand(chunk)


def _apart(
    compute: Compute, photos: Iterator[tuple[Key, bytes | None]], count: int
) -> Iterator[tuple[Key, Answer | None]]:
    """Yield what so many processes compute, in order."""
    chunks, pending = _chunks(photos), deque[_Chunk[Key]]()
    with ExitStack() as stack:
        processes = [_Process[Key](compute) for _ in range(count)]
        for process in processes:
            stack.push(process.end)
            process.start()
        is_over = False
        while not is_over:
            for process in processes:
                if process.chunk is None and len(pending) < AHEAD * count:
                    if (chunk := next(chunks, None)) is None:
                        is_over = all(each.chunk is None for each in processes)
                        break
                    pending.append(chunk)
                    process.hand(chunk)
            while pending and not pending[0].next():
                yield from pending.popleft().answered()
            if busy := [process for process in processes if process.chunk]:
                ready = wait([process.answers for process in busy])
                for process in (each for each in busy if each.answers in ready):
                    process.take()


def _chunks(photos: Iterator[tuple[Key, bytes | None]]) -> Iterator[_Chunk[Key]]:
    """Yield photos together, as many as are sent at once."""
    some: list[tuple[Key, bytes | None]] = []
    size = 0
    for photo in photos:
        some.append(photo)
        size += len(photo[1] or b"")
        if len(some) == CHUNK_PHOTOS or size >= CHUNK_BYTES:
            yield _Chunk(some)
            some, size = [], 0
    if some:
        yield _Chunk(some)
