"""Children find our modules first, and what is said of their end is what happened."""

import signal
import subprocess
from pathlib import Path

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
