"""Children find our modules first, and what is said of their end is what happened."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from store.processes import child


def test_a_child_finds_our_modules_and_not_the_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path / "working", tmp_path / "on the path"):
        folder.mkdir()
        (folder / "store.py").write_text("raise RuntimeError('of the user')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "on the path"))
    result = subprocess.run(
        child.command("store.version"), env=child.environment(), cwd=tmp_path / "working", capture_output=True
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert child.environment()["PYTHONPATH"].endswith("on the path")


@pytest.mark.parametrize(
    ("status", "errors", "words"),
    [
        (-signal.SIGKILL, "", "was killed (SIGKILL), as the system does where memory is short"),
        (-signal.SIGSEGV, "noise", "was ended by SIGSEGV"),
        (3, "Traceback\nImportError: no such\n\n", "ended with status 3 (ImportError: no such)"),
        (1, "", "ended with status 1"),
    ],
)
def test_memory_is_named_only_where_the_system_killed(status: int, errors: str, words: str) -> None:
    assert child.ending(status, errors) == words


PARENT = """
import sys, time
from store.processes import child
with child.running(*sys.argv[1:]) as process:
    print(process.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.2])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_child_ends_with_its_parent_from_its_first_moment_on(number: signal.Signals, pause: float) -> None:
    """The child's module never ends by itself, and looks at nothing."""
    command = [sys.executable, "-c", PARENT, "timeit", "-n", "1", "while True: pass"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        follower = int(parent.stdout.readline())
        time.sleep(pause)
        parent.send_signal(number)
    until = time.monotonic() + 5
    while psutil.pid_exists(follower) and psutil.Process(follower).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_child_that_winds_down_for_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child inherits what its parent was started to ignore, so here SIGTERM alone does nothing."""
    monkeypatch.setattr(child, "WIND_DOWN_SECONDS", -4.9)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), child.running("timeit", "while True: pass") as process:
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGTERM, before)
    assert process.returncode == -signal.SIGKILL


def test_the_child_s_arguments_and_streams_are_its_own() -> None:
    with child.running("json.tool", "--compact") as process:
        answer, _ = process.communicate(b'{"a":\n1}')
    assert (answer, process.returncode) == (b'{"a":1}\n', 0)


def test_a_child_that_ends_before_it_has_read_anything_is_no_broken_pipe() -> None:
    with child.running("store.version") as process:
        process.wait()
        assert process.stdin
        with pytest.raises(BrokenPipeError):
            process.stdin.write(b"a job")
            process.stdin.flush()
    assert process.returncode == 0
