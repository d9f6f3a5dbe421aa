"""Every stage and the web app run for a user without a home, in a locale of ASCII, from a read-only checkout.

In a view of the file system of its own, where root may make one; elsewhere these are skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.commands.commandline import BOKERU
from tests.featurize.small_networks import photo, small_weights

ROOT = Path(__file__).parents[1]
NOBODY = 12345
"""A user that no table knows: the system can name no home for it."""
VIEW = """
set -e
checkout=$1 python=$2 home=$3 held=$4; shift 4
# The interpreter may lie in a home that is closed to others.
mount --bind "$python" "$held"
mount -t tmpfs -o mode=755 tmpfs "$home"
mkdir -p "$python"
mount --move "$held" "$python"
mount --bind "$checkout" "$checkout"
mount -o remount,ro,bind "$checkout"
exec setpriv --reuid USER --regid USER --clear-groups --no-new-privs "$@"
""".replace("USER", str(NOBODY))
SETTINGS = {
    "crawl": {"embedded": {"photos": 12, "captions_per_photo": 3, "seed": 5}, "delay": 0},
    "dataset": {"dev_fraction": 0.3},
    "features": {"weights": "small.caffemodel"},
    "train": {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 16, "device": "cpu"},
}
WEB = """
from pathlib import Path
from fastapi.testclient import TestClient
from web.app import create
client = TestClient(create(Path("data"), "demo"))
assert client.get("/").status_code == 200
answer = client.post("/api/pipelines/demo/captions", content=Path("photo.jpg").read_bytes())
assert answer.status_code == 200, answer.text
assert answer.json()["captions"], answer.text
"""

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Yield a folder of that user's, which holds all that a pipeline needs."""
    folder = Path(tempfile.mkdtemp(prefix="account-"))
    try:
        (folder / "held").mkdir()
        (folder / "photo.jpg").write_bytes(photo(99, 80, 64))
        small_weights(folder)
        content = yaml.safe_dump({"pipelines": {"demo": SETTINGS}})
        (folder / "p.yaml").write_text(content, encoding="utf-8")
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        if run(folder, "true").returncode:
            pytest.skip("no view of the file system of one's own here")
        yield folder
    finally:
        shutil.rmtree(folder)


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command as that user, with `more` in its environment."""
    python = Path(os.path.realpath(sys.executable)).parents[1]
    home = next(
        (one for one in (Path.home(), Path("/nowhere")) if python.is_relative_to(one)), folder / "home"
    )
    home.mkdir(exist_ok=True)
    # No HOME, no UTF-8, and Python is kept from choosing it by itself.
    plain = {"PATH": "/usr/bin:/bin", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    plain |= more
    view = ["unshare", "--mount", "--propagation", "private", "sh", "-c", VIEW, "sh"]
    places = map(str, (ROOT, python, home, folder / "held"))
    return subprocess.run(
        [*view, *places, *command],
        cwd=folder,
        env=plain,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=600,
    )


def bokeru(folder: Path, *arguments: str) -> str:
    """Run a command as that user; return what it says. It must end well, and say nothing of warnings."""
    done = run(folder, BOKERU, *arguments)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "WARNING" not in done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("crawl", "12 photos, 36 boke"),
        ("dataset", "9 photos, 27 captions"),
        ("dataset", "dataset: up to date"),
        ("features", "features: 12 computed"),
        ("train", ""),
        ("train", "train: up to date"),
        ("evaluate", "95%"),
        ("caption photo.jpg", "photo.jpg"),
    ],
)
def test_every_stage_runs(folder: Path, arguments: str, said: str) -> None:
    """One after the other, as a pipeline is made."""
    name, *others = arguments.split()
    assert said in bokeru(folder, name, "--pipeline", "demo", "--config", "p.yaml", "--data", "data", *others)


def test_what_was_made_is_whole_and_can_be_looked_at(folder: Path) -> None:
    assert "data: whole" in bokeru(folder, "verify", "data")
    assert "動物" in bokeru(folder, "inspect", "data")


def test_doctor_says_where_machine_code_is_kept(folder: Path) -> None:
    said = "".join(bokeru(folder, "doctor", "--data", "data").split())
    assert f"keptin{tempfile.gettempdir()}/bokeru-{NOBODY}" in said


def test_a_folder_for_what_is_compiled_is_taken_as_in_the_container_and_the_unit(folder: Path) -> None:
    """docs/server.md gives them XDG_CACHE_HOME, and nothing else that they could keep machine code in."""
    cache = folder / "cache"
    cache.mkdir()
    os.chown(cache, NOBODY, NOBODY)
    where = ("--pipeline", "demo", "--config", "p.yaml", "--data", "data", "photo.jpg")
    done = run(folder, BOKERU, "caption", *where, XDG_CACHE_HOME=str(cache), PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr
    assert list(cache.rglob("*.nbc"))


def test_the_web_app_captions_an_upload(folder: Path) -> None:
    done = run(folder, sys.executable, "-c", WEB)
    assert done.returncode == 0, done.stderr
