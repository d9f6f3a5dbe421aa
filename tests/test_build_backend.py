"""Bokeru installs as an editable checkout, and says so where somebody tries another way."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import build_backend

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
OFFLINE = ["--no-deps", "--no-build-isolation", "--no-index"]
PACKAGES = [path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of what an install reads, which it may write into."""
    copy = tmp_path / "checkout"
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "build_backend.py", "bokeru.py", "pipelines.py"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.mark.parametrize("way", [["install", "--target"], ["wheel", "--wheel-dir"]], ids=" ".join)
def test_any_other_build_leaves_nothing_and_says_what_to_do(
    checkout: Path, tmp_path: Path, way: list[str]
) -> None:
    before = sorted(checkout.rglob("*"))
    done = run(*PIP, *way, str(tmp_path / "out"), *OFFLINE, ".", cwd=checkout)
    assert done.returncode == 1
    shown = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert re.sub(r"\s+", " ", build_backend.INSTEAD) in shown
    assert not list((tmp_path / "out").glob("*"))
    assert [path for path in sorted(checkout.rglob("*")) if "__pycache__" not in path.parts] == before


@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist", "get_requires_for_build_wheel"])
def test_no_frontend_gets_past_the_explanation(hook: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make install"):
        getattr(build_backend, hook)(str(tmp_path))


def test_an_editable_build_leads_to_every_package_of_the_checkout(checkout: Path, tmp_path: Path) -> None:
    code = f"import build_backend; print(build_backend.build_editable({str(tmp_path)!r}))"
    done = run(sys.executable, "-c", code, cwd=checkout)
    assert done.returncode == 0, done.stderr
    assert "Editable installation" not in done.stderr, "the first words that `make install` shows"
    with zipfile.ZipFile(tmp_path / done.stdout.splitlines()[-1]) as wheel:
        texts = {name: wheel.read(name).decode() for name in wheel.namelist()}
    (finder,) = (text for name, text in texts.items() if name.endswith("_finder.py"))
    assert {name for name in PACKAGES if f"{str(checkout / name)!r}" not in finder} == set()
    (commands,) = (text for name, text in texts.items() if name.endswith("entry_points.txt"))
    assert "bokeru = commands.main:main" in commands
    assert str(checkout) in texts[build_backend.FIRST]
    (record,) = (text for name, text in texts.items() if name.endswith("RECORD"))
    assert sorted(line.partition(",")[0] for line in record.splitlines()) == sorted(texts)
    assert f"{build_backend.FIRST},sha256=" in record
