"""Hands out files to a process that reads them, watches it, and keeps what went wrong."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
"""Of the processor, that a file of up to a megabyte may take, whoever reads it."""
MEGABYTES = 1000.0
"""Of memory, beside what the process had before."""
PATIENCE = 600.0
"""Seconds of the clock that a file may take: who waits for something uses no processor."""
PROCESS = (sys.executable, "-m", "tests.fuzz.reading")


@dataclass(frozen=True)
class Finding:
    """A file that was neither read nor refused within the limits.

    Args:
        target: its reader.
        number: makes the file again, with the same seed.
        wrong: a traceback, or which limit it went over.
        content: the file.
    """

    target: str
    number: int
    wrong: str
    content: bytes

    def __str__(self) -> str:
        return f"{self.target}, number {self.number}: {self.wrong.strip().splitlines()[-1]}"


class Reading:
    """The process that reads, started again whenever it has died.

    Args:
        folder: where it makes what it needs.
        seed: of its random choices.
        only: patterns of the names of the targets that are asked for; by default all are.
    """

    def __init__(self, folder: Path, seed: int, only: Collection[str] = ()) -> None:
        self._folder, self._seed, self._only = folder, seed, only
        self._process: subprocess.Popen[bytes] | None = None
        self.names = self._start()
        """The targets' names."""

    def _start(self) -> list[str]:
        self.close()
        self._process = subprocess.Popen(
            [*PROCESS, str(self._folder), str(self._seed), *self._only],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        names = self._answer(PATIENCE)
        if not isinstance(names, list):
            raise RuntimeError(f"the process that reads did not start: {names}")
        return names

    def read(self, target: str, number: int) -> Finding | None:
        """Return what went wrong as a file was read; None where nothing did."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([target, number]).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer(PATIENCE)
        wrong = answer if isinstance(answer, str) else answer["wrong"] or _over(answer)
        if not wrong:
            return None
        return Finding(target, number, wrong, (self._folder / "case").read_bytes())

    def _answer(self, patience: float) -> Any:
        """Return what the process says, or in words why it says nothing; then it has ended."""
        process, start = self._process, time.monotonic()
        assert process is not None
        assert process.stdout is not None
        while time.monotonic() - start < patience:
            if select.select([process.stdout], [], [], 0.1)[0]:
                line = process.stdout.readline()
                return json.loads(line) if line else f"it died, with status {process.wait()}"
            if _resident(process.pid) > 3 * MEGABYTES:
                return self._end(f"it has more than {3 * MEGABYTES:,.0f} MB")
        return self._end(f"it said nothing for {patience:,.0f} seconds")

    def _end(self, reason: str) -> str:
        self.close()
        return reason

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream:
                    with suppress(BrokenPipeError):
                        stream.close()
            self._process = None


def _over(answer: dict[str, Any]) -> str:
    """Return which limit an answer is over."""
    if answer["seconds"] > SECONDS:
        return f"it took {answer['seconds']:.1f} seconds of the processor, at most {SECONDS:.0f} are right"
    if answer["megabytes"] > MEGABYTES:
        return f"it took {answer['megabytes']:,.0f} MB of memory, at most {MEGABYTES:,.0f} are right"
    return ""


def _resident(process: int) -> float:
    """Return the megabytes of memory that a process has; 0 once it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def fuzz(
    seconds: float, seed: int, only: Collection[str] = (), *, first: int = 0, folder: Path | None = None
) -> Iterator[Finding | None]:
    """Read mutated files for so long; yield, for each, what went wrong, or None.

    Every target reads a real file first. Then they take turns, in an order that the seed gives.

    Args:
        only: patterns of the names of targets; by default all are read.
        first: the number of the first file that each target reads.
        folder: keeps what the targets need from one time to the next.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        reading = Reading(folder or Path(temporary), seed, only)
        try:
            end = time.monotonic() + seconds
            for number in count(first):
                for name in Random(f"{seed} {number}").sample(reading.names, len(reading.names)):
                    if time.monotonic() >= end:
                        return
                    yield reading.read(name, number)
        finally:
            reading.close()
