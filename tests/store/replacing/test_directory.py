"""A directory takes another's place in one step, whatever ends the process."""

import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import UserError
from store.processes import lock
from store.replacing.directory import locked, replacement


def put(directory: Path, text: str) -> None:
    with locked(directory), replacement(directory) as new:
        (new / "a").write_text(text)


def test_the_new_directory_takes_the_place_of_the_old(tmp_path: Path) -> None:
    put(tmp_path / "d", "old")
    put(tmp_path / "d", "new")
    assert (tmp_path / "d" / "a").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".d.lock", "d"]


def test_a_failure_leaves_the_old_directory(tmp_path: Path) -> None:
    put(tmp_path / "d", "old")
    with pytest.raises(RuntimeError), locked(tmp_path / "d"), replacement(tmp_path / "d") as new:
        (new / "a").write_text("new")
        raise RuntimeError
    assert (tmp_path / "d" / "a").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".d.lock", "d"]


def test_a_kill_between_the_two_renames_is_put_right(tmp_path: Path) -> None:
    put(tmp_path / "d", "old")
    (tmp_path / "d").rename(tmp_path / ".d.old")
    (tmp_path / ".d.new-1234").mkdir()
    with locked(tmp_path / "d"):
        assert (tmp_path / "d" / "a").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".d.lock", "d"]


def test_a_kill_after_both_renames_keeps_the_new_one(tmp_path: Path) -> None:
    put(tmp_path / "d", "new")
    (tmp_path / ".d.old").mkdir()
    with locked(tmp_path / "d"):
        assert (tmp_path / "d" / "a").read_text() == "new"
    assert not (tmp_path / ".d.old").exists()


HOLDS = """
import sys
from pathlib import Path
from store.replacing.directory import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_two_processes_cannot_write_one_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    code = [sys.executable, "-c", HOLDS, str(tmp_path / "d")]
    with subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(UserError, match="another process is writing"):
            put(tmp_path / "d", "mine")
        process.kill()
    put(tmp_path / "d", "mine")
    assert (tmp_path / "d" / "a").read_text() == "mine"
