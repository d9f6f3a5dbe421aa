"""Other people's scorers in processes of their own: what hangs or dies there costs one row, and no more."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import Any

from featurize.scoring.rows import Item, Row, failed, scored
from store.errors import UserError, with_status
from store.photo.options import Limits
from store.processes import child

START_SECONDS = 300.0
"""What a scorer may take to load its model."""


class ScorerProcess:
    """One process; it is started again after it was killed.

    Args:
        reference: the scorer, as `store.plugins.find` takes it.
        name: of the scores.
        seconds: what it may take for one photo or caption.
        memory: the most bytes that it may use.

    Attributes:
        kind: `photo` or `text`, once it has started.
    """

    def __init__(self, reference: str, name: str, seconds: float, memory: int) -> None:
        self._arguments = (reference, name, Limits.options.model_dump_json(), str(memory))
        self._reference, self._seconds = reference, seconds
        self._running: ExitStack | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.kind = ""

    def start(self) -> None:
        """Start it, if it is not running.

        Raises:
            UserError: the scorer is not there, fails as it is loaded, or takes too long for that.
        """
        if self._running:
            return
        with ExitStack() as opening:
            self._talk = opening.enter_context(child.conversing("featurize.scoring.worker", *self._arguments))
            self._process = self._talk.process
            opening.callback(self.kill)
            if self._stopped:  # before there was a process to kill
                self.kill()
            answer = self._receive(START_SECONDS)
            if answer is None:
                raise UserError(f"the scorer {self._reference} did not start: {self._ending(START_SECONDS)}")
            if "failed" in answer:
                raise with_status(str(answer["failed"]), int(answer["status"]))
            self.kind = str(answer["kind"])
            self._running = opening.pop_all()

    def row(self, item: Item) -> Row:
        """Return the row of one item; an error where the scorer raises, hangs, dies, or gives no number."""
        self.start()
        answer: dict[str, Any] | None = None
        with suppress(BrokenPipeError):
            self._talk.questions.send_bytes(item.content())
            answer = self._receive(self._seconds)
        if answer is None:
            reason = self._ending(self._seconds)
            self.close()
            return failed(item, reason)
        if "error" in answer:
            return failed(item, str(answer["error"]))
        return scored(item, answer["scores"])

    def close(self) -> None:
        """End it, whatever it does."""
        if self._running:
            running, self._running = self._running, None
            running.close()

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        """Return its next answer; None where none comes in time, or it has died."""
        with suppress(EOFError, OSError):
            if self._talk.answers.poll(seconds):
                answer: dict[str, Any] = json.loads(self._talk.answers.recv_bytes())
                return answer
        return None

    def _ending(self, seconds: float) -> str:
        with suppress(OSError):
            if not self._talk.answers.poll(0):
                return f"it took longer than {seconds:g} seconds"
        return f"its process {self._talk.ending()}"

    def stop(self) -> None:
        """End it for good, whatever it does, and from whatever thread: one that is starting ends, too."""
        self._stopped = True
        self.kill()

    def kill(self) -> None:
        """End it with all that it has started: it has a session of its own."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Processes:
    """Some of them, for threads: a thread takes one that is free."""

    def __init__(self, workers: Sequence[ScorerProcess]) -> None:
        self.kind = workers[0].kind
        self._workers, self._stopping = workers, False
        self._free = SimpleQueue[ScorerProcess]()
        for worker in workers:
            self._free.put(worker)

    def rows(self, items: Sequence[Item]) -> list[Row]:
        """Return the rows of some items, in order. Thread-safe."""
        worker = self._free.get()
        try:
            return [] if self._stopping else [worker.row(item) for item in items]
        finally:
            self._free.put(worker)

    def stop(self) -> None:
        """End all of them at once, whatever they do; no more is scored."""
        self._stopping = True
        for worker in self._workers:
            worker.stop()


@contextmanager
def processes(reference: str, name: str, seconds: float, memory: int, count: int) -> Iterator[Processes]:
    """Yield so many processes, the first of them started, which share the memory; they end with the block.

    Raises:
        UserError: the scorer is not there, or fails as it is loaded.
    """
    with ExitStack() as stack:
        workers = [ScorerProcess(reference, name, seconds, memory // count) for _ in range(count)]
        for worker in workers:
            stack.callback(worker.close)
        workers[0].start()
        yield Processes(workers)
