"""Runs a command in a child process and measures it: time, processor time, memory of all its processes."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY = 0.05
"""Seconds between two looks at the processes' memory."""
_LAST_CHARACTERS = 400
_HIGH_WATER = re.compile(r"VmHWM:\s*(\d+) kB")


@dataclass(frozen=True)
class Cost:
    """What something took.

    Args:
        seconds: by the clock.
        processor: seconds of all cores; 0 where it was not measured.
        memory: the most bytes that all processes had in memory at a time, mapped files too; 0 if unmeasured.
        status: the exit status of a command, the worst HTTP status of a page.
        said: the end of what it printed.
    """

    seconds: float
    processor: float = 0.0
    memory: int = 0
    status: int = 0
    said: str = ""

    @property
    def time(self) -> float:
        """The seconds that limits are about: by the clock, or the processor's where these are fewer.

        Other work on the machine takes from the clock's; several processes at once add to the processor's.
        """
        return min(self.seconds, self.processor or self.seconds)

    def __str__(self) -> str:
        figures = f"{self.seconds:.2f} s, {self.processor:.2f} s of processor, {self.memory / 1e9:.2f} GB"
        return f"{figures}, status {self.status}" if self.status else figures


@contextmanager
def watched(process: psutil.Process) -> Iterator[list[int]]:
    """Yield a list whose only item becomes the most memory that a process had, with all that it started."""
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY):
            most[0] = max(most[0], memory(process))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def memory(process: psutil.Process) -> int:
    """Return the resident bytes of a process and of all that it started, or the most that one of them had."""
    total, most = 0, 0
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # it ended since the list was made
                total += one.memory_info().rss
                most = max(most, _high_water(one.pid))
    return max(total, most)


def _high_water(pid: int) -> int:
    """Return the most bytes that a process has had in memory, as Linux counts it; 0 elsewhere.

    `getrusage` also tells it, but counts the parent's memory from before the child's program began.
    """
    try:
        found = _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def measured(command: Sequence[str], output: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command to its end, and return what it took.

    Args:
        output: the file that gets what it prints.
        environment: what is added to the environment.
    """
    with output.open("wb") as file:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **environment})
        with watched(psutil.Process(child.pid)) as most:
            _, ended, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(ended)
    said = output.read_text(encoding="utf-8", errors="replace")[-_LAST_CHARACTERS:].strip()
    return Cost(seconds, used.ru_utime + used.ru_stime, most[0], child.returncode, said)
