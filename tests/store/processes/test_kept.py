"""A place for machine code is found for every account, and none that others can write to."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.processes import kept

NOWHERE = Path("/proc/nowhere")
"""A folder that not even root can make."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of temporary files of a user whose cache cannot be written."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(NOWHERE))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for known in (kept.without_home, kept._cache_of_user, kept._is_writable):
        known.cache_clear()


def test_a_module_that_can_be_written_beside_keeps_it_there(temporary: Path) -> None:
    assert kept.machine_code(temporary) == temporary / "__pycache__"


def test_the_folder_that_is_asked_for_comes_first(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(temporary / "asked"))
    assert kept.machine_code(temporary) == temporary / "asked"


def test_a_user_without_a_home_has_a_folder_of_his_own(temporary: Path) -> None:
    found = kept.machine_code(NOWHERE)
    assert found == temporary / f"bokeru-{os.getuid()}"
    assert found.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives a folder away")
def test_a_folder_of_somebody_else_is_not_taken(temporary: Path) -> None:
    (temporary / f"bokeru-{os.getuid()}").mkdir(mode=0o700)
    os.chown(temporary / f"bokeru-{os.getuid()}", 12345, 12345)
    assert kept.machine_code(NOWHERE) is None


def open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def link(folder: Path) -> None:
    folder.with_name("other").mkdir(mode=0o700)
    folder.symlink_to("other")


@pytest.mark.parametrize("make", [open_to_all, link, Path.touch])
def test_a_folder_that_others_may_fill_is_not_taken(temporary: Path, make: Callable[[Path], None]) -> None:
    make(temporary / f"bokeru-{os.getuid()}")
    assert kept.machine_code(NOWHERE) is None


def test_a_home_that_is_not_known_is_no_folder_of_the_name(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~` stays as it is where nobody knows the user; a folder `~` in the working folder is no cache."""
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(temporary)
    forget()
    assert kept.machine_code(NOWHERE) == temporary / f"bokeru-{os.getuid()}"
    assert not (temporary / "~").exists()


@pytest.mark.parametrize("place", ["private", "nowhere"])
def test_loops_are_compiled_all_the_same(tmp_path: Path, place: str) -> None:
    """In a process of its own, whose modules cannot be written beside: a grey photo stays grey."""
    code = (
        "import sys, tempfile; from pathlib import Path; from store.processes import kept\n"
        "if sys.argv[2] == 'nowhere': tempfile.tempdir = '/proc/nowhere'\n"
        "there = kept._is_writable\n"
        "kept._is_writable = lambda folder: folder.name != '__pycache__' and there(folder)\n"
        "import featurize.warp, numpy as np\n"
        "result = np.zeros((3, 2, 2), np.float32)\n"
        "featurize.warp.warp(np.full((4, 4, 3), 42, np.uint8), 2, np.zeros(3, np.float32), result)\n"
        "print(set(result.ravel().tolist()), sorted(p.name for p in Path(sys.argv[1]).rglob('*.nbi'))[:1])\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(NOWHERE), "TMPDIR": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), place],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{42.0} ")
    assert ("warp" in done.stdout) == (place == "private")


@pytest.mark.compiled
def test_code_is_made_anew_where_another_module_of_its_package_changed(tmp_path: Path) -> None:
    package = tmp_path / "jokes"
    package.mkdir()
    (package / "outer.py").write_text(
        "from jokes.inner import inner\nfrom store.processes.kept import compiled\n"
        "@compiled()\ndef outer(x):\n    return inner(x)\n"
    )
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{root}", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("NUMBA_CACHE_DIR", None)

    def told(added: int | None) -> list[str]:
        """Write the inner function; return what the outer one makes of 1, and how often it was kept."""
        if added is not None:
            (package / "inner.py").write_text(
                "from store.processes.kept import compiled\n"
                f"@compiled()\ndef inner(x):\n    return x + {added}\n"
            )
            os.utime(package / "inner.py", (10**9, 10**9))  # as in an image whose files have one time
        line = "from jokes.outer import outer; print(outer(1), sum(outer.stats.cache_hits.values()))"
        command = [sys.executable, "-c", line]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout.split()

    assert told(10) == ["11", "0"]
    assert told(None) == ["11", "1"], "nothing changed: it is kept"
    assert told(20) == ["21", "0"]
    os.utime(package / "inner.py", (10**9 + 1, 10**9 + 1))
    assert told(None) == ["21", "1"], "its time alone changed: it is kept"
