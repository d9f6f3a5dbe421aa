"""One process at a time; one that dies, however, gives way at once."""

import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from store.errors import UserError
from store.processes import lock
from store.processes.interruption import WIND_DOWN_SECONDS
from store.processes.lock import locked

HOLD = """
import sys
from pathlib import Path
from store.processes.lock import locked
with locked(Path(sys.argv[1]), "is testing"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Yield a process that holds tmp_path/lock until it reads a line."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_is_told_who_the_first_is(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(UserError, match=f"another process is testing: process {holder.pid} on "):
        locked(tmp_path / "lock", "is testing", patience=0).__enter__()


def test_a_killed_holder_gives_way_at_once(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.kill()
    holder.wait()
    with locked(tmp_path / "lock", "is testing"):
        assert "process" in (tmp_path / "lock").read_text()


def test_the_patient_wait_and_say_so(
    tmp_path: Path, holder: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert holder.stdin is not None
    end = threading.Timer(0.3, holder.stdin.close)
    end.start()
    with locked(tmp_path / "lock", "is testing", math.inf):
        end.join()
    assert capsys.readouterr().err.count("waiting: another process is testing") == 1


def test_who_restarts_at_once_waits_for_the_wind_down(
    tmp_path: Path, holder: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert holder.stdin is not None
    end = threading.Timer(1.3, holder.stdin.close)
    end.start()
    with locked(tmp_path / "lock", "is testing"):
        end.join()
    assert "waiting: another process is testing" in capsys.readouterr().err
    assert lock.PATIENCE > WIND_DOWN_SECONDS


def test_patience_ends_when_its_seconds_are_over(
    tmp_path: Path, holder: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(lock, "time", SimpleNamespace(monotonic=lambda: now, sleep=sleep))
    with pytest.raises(UserError, match="another process is testing"):
        locked(tmp_path / "lock", "is testing", patience=3.0).__enter__()
    assert 3.0 <= now - 100 < 3.1


def test_the_file_names_its_holder_alone(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "lock", "is testing"):
            (line,) = (tmp_path / "lock").read_text().splitlines()
            assert line.startswith(f"process {os.getpid()} on ")


def test_the_lock_is_free_again_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), locked(tmp_path / "lock", "is testing"):
        raise RuntimeError
    with locked(tmp_path / "deeper" / "lock", "is testing"), locked(tmp_path / "lock", "is testing"):
        pass
