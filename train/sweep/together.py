"""Trains the runs of a sweep beside each other, each in a process of its own.

Nothing is kept of a sweep but its runs: the same command finds those that are complete, and goes on with
those that were begun, as `bokeru train` would.
"""

import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import IO

from store.errors import DamagedFile, UserError, with_status
from store.manifest import is_fresh
from store.place import INVOCATION
from store.processes import child
from store.progress import Progress
from train.history import read_log
from train.sweep.grid import Cell, Folders
from train.sweep.job import Job

MOMENT = 0.1
"""Seconds between looks at a process."""
SAID = "bokeru: "
"""How the last words of a process begin that could not train its run (`store.processes.ending`)."""


def is_complete(cell: Cell) -> bool:
    """Tell whether a run was trained to its end, and is as it was written."""
    return is_fresh(cell.run, cell.fingerprint)


def epochs_done(run: Path) -> int:
    """Return how many epochs of a run are over."""
    with suppress(DamagedFile):  # not there yet, or made anew
        return len(read_log(run))
    return 0


def train(
    cells: Sequence[Cell], folders: Folders, jobs: int, completed: Callable[[Cell], object]
) -> dict[Path, UserError]:
    """Train the runs that are not complete; return why some could not be, by their folders.

    Ctrl-C and SIGTERM end each after the update that is under way, with a snapshot; so does the death of this
    process, whatever its cause.

    Args:
        jobs: how many are trained at a time.
        completed: is told of each run that is complete, one after the other.

    Raises:
        Interrupted: a signal came.
    """
    due = []
    for cell in cells:
        if is_complete(cell):
            completed(cell)
        if cell.options.ranker or not is_complete(cell):
            due.append(cell)
    if not due:
        return {}
    everyone = _Trained(due, completed)
    total = sum(cell.options.epochs for cell in due)
    with Progress("sweep", total, "epochs") as progress, ThreadPoolExecutor(jobs) as pool:
        stop = _Stop()
        try:
            waiting = {pool.submit(_train, cell, folders, jobs, stop): cell for cell in due}
            while waiting:
                ended, _ = wait(waiting, 1.0, FIRST_COMPLETED)
                for future in ended:
                    everyone.note(waiting.pop(future), future)
                everyone.tell(progress)
        except BaseException as error:
            stop.ask(error)
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for line in everyone.lines:
        print(line, flush=True)
    return everyone.failed


class _Trained:
    """What has become of the runs so far.

    Args:
        due: the runs that are trained.
        completed: as `train` takes it.
    """

    def __init__(self, due: Sequence[Cell], completed: Callable[[Cell], object]) -> None:
        self.lines: list[str] = []
        self.failed: dict[Path, UserError] = {}
        self._due, self._completed = due, completed
        self._ended: set[Path] = set()

    def note(self, cell: Cell, future: "Future[str]") -> None:
        """Keep what a run's process printed, or why it could not train."""
        try:
            said = future.result()
        except UserError as error:
            self.failed[cell.run] = error
        else:
            self._completed(cell)
            self.lines += [f"{cell.title}: {line}" for line in said.splitlines()]
        self._ended.add(cell.run)

    def tell(self, progress: Progress) -> None:
        """Show how far all are; one that has ended has no epochs left, however many it had."""
        done = {cell.run: epochs_done(cell.run) for cell in self._due}
        progress.total = sum(
            done[cell.run] if cell.run in self._ended else cell.options.epochs for cell in self._due
        )
        progress.advance(sum(done.values()) - progress.done, runs=f"{len(self._ended)} of {len(self._due)}")


class _Stop:
    """Whether all processes have to end, and why."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._reason: BaseException | None = None

    def ask(self, reason: BaseException) -> None:
        self._reason = reason
        self._asked.set()

    def wait(self) -> None:
        """Wait for a moment; raise the reason if there is one by then."""
        if self._asked.wait(MOMENT) and self._reason:
            raise self._reason


def _train(cell: Cell, folders: Folders, jobs: int, stop: _Stop) -> str:
    """Train one run in a process; return what that printed.

    Raises:
        UserError: it could not.
    """
    config, pipeline, verbosity = INVOCATION.config, INVOCATION.pipeline, INVOCATION.verbosity
    dataset, features, runs = folders
    job = Job(
        train=cell.options,
        dataset=dataset,
        features=features,
        runs=runs,
        sharing=jobs,
        config=config,
        pipeline=pipeline,
        verbosity=verbosity,
    )
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        child.running("train.sweep.worker", output=output.fileno(), errors=errors) as process,
    ):
        assert process.stdin
        with suppress(BrokenPipeError):  # it died before it had read that: how, its status says
            process.stdin.write(job.model_dump_json().encode())
            process.stdin.close()
        while process.poll() is None:
            stop.wait()
        said, why = (_content(file) for file in (output, errors))
    if process.returncode:
        raise _failure(process.returncode, why)
    return said


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _failure(status: int, errors: str) -> UserError:
    """Return why a process could not train its run.

    Args:
        errors: its standard error.
    """
    _, found, message = f"\n{errors}".rpartition(f"\n{SAID}")
    if found and status > 0:
        return with_status(message.strip(), status)
    return UserError(f"its process {child.ending(status, errors)}. Its last snapshot stays")
