"""Child processes that run our modules: how they are started, and what to say of how they ended."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from store.processes.interruption import WIND_DOWN_SECONDS, Interrupted

ROOT = Path(__file__).parents[2]
"""The folder that holds our top-level packages."""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules in a new interpreter.

    `-P` keeps the working folder off the module path: it may hold a dataset.py or a train.py of the user's.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Return the environment for such a command: our folder is first on the module path."""
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@contextmanager
def running(
    module: str,
    *arguments: str,
    errors: IO[bytes] | None = None,
    output: int | None = subprocess.PIPE,
    inherited: Sequence[int] = (),
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one of our modules in a child process while the block runs; wait for its end after that.

    Its standard input is a pipe, and its output by default. It has a session of its own: Ctrl-C reaches this
    process alone. It is asked to end where the block ends by an exception, by the same signal if that is one,
    and where this process ends, whatever the cause.

    Args:
        errors: gets its standard error, instead of ours.
        output: None for our standard output.
        inherited: open files that it keeps under their numbers.
    """
    theirs, ours = (open(end, mode) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))  # noqa: PTH123, SIM115
    with theirs, ours:
        process = subprocess.Popen(
            command("store.processes.follow", str(theirs.fileno()), module, *arguments),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            pass_fds=[theirs.fileno(), *inherited],
            start_new_session=True,
        )
        theirs.close()
        with process:
            try:
                yield process
            except BaseException as error:
                if isinstance(error, Interrupted):
                    with suppress(BrokenPipeError):
                        os.write(ours.fileno(), bytes([error.number]))
                ours.close()
                _await(process)
                raise
            finally:
                if process.stdin:
                    with suppress(BrokenPipeError):  # what a child that has ended did not read is of no use
                        process.stdin.close()


@dataclass(frozen=True)
class Conversation:
    """A child that takes messages of bytes on its standard input, and answers on its output.

    Args:
        process: the child.
        questions: what it is sent.
        answers: what it says; EOFError there means that it has ended.
        errors: its standard error, as far as it is written.
    """

    process: "subprocess.Popen[bytes]"
    questions: Connection
    answers: Connection
    errors: IO[bytes]

    def ending(self) -> str:
        """Wait for its end; return how that was, with its last line where it said why."""
        status = self.process.wait()
        self.errors.seek(0)
        return ending(status, self.errors.read().decode(errors="replace"))


@contextmanager
def conversing(module: str, *arguments: str) -> Iterator[Conversation]:
    """Run one of our modules as `running` does, for messages to and fro; it ends as no more can come."""
    with tempfile.TemporaryFile() as errors, running(module, *arguments, errors=errors) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = (os.dup(pipe.fileno()) for pipe in (process.stdin, process.stdout))
        process.stdin.close()
        process.stdout.close()
        with Connection(questions, readable=False) as asked, Connection(answers, writable=False) as answered:
            yield Conversation(process, asked, answered, errors)


def _await(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a child that was asked to end; kill it where it takes longer than it may."""
    try:
        process.wait(WIND_DOWN_SECONDS + 5)
    except subprocess.TimeoutExpired:
        process.kill()


def ending(status: int, errors: str = "") -> str:
    """Return how a child process ended, in words that follow its name.

    Args:
        status: its return code, as `subprocess` gives it: negative where a signal ended it.
        errors: what it wrote to standard error, if that was kept.
    """
    if status == -signal.SIGKILL:
        return "was killed (SIGKILL), as the system does where memory is short"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "")
    return f"ended with status {status}" + (f" ({last})" if last else "")
