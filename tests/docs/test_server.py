"""docs/server.md: the unit is one that systemd takes, and the container runs as nobody what is there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from commands.main import parser
from tests.docs.documents import ROOT

TEXT = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
(UNIT,) = re.findall(r"```ini\n# /etc/systemd/system/bokeru-web.service\n(.*?)```", TEXT, re.DOTALL)
(RECIPE,) = re.findall(r"```dockerfile\n(.*?)```", TEXT, re.DOTALL)
(RUNS,) = re.findall(r"```text\n(docker build.*?)```", TEXT, re.DOTALL)


def instructions() -> list[tuple[str, str]]:
    """Return the recipe's instructions, with what stands behind each."""
    lines = [line for line in RECIPE.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """It warns of keys that it does not know, and of values that a key cannot have."""
    path = tmp_path / "bokeru-web.service"
    path.write_text(UNIT.replace("/srv/bokeru/.venv/bin/bokeru", "/bin/true"), encoding="utf-8")
    verified = ["systemd-analyze", "verify", "--man=no", str(path)]
    done = subprocess.run(verified, capture_output=True, encoding="utf-8", timeout=60)
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if path.name in line]
    assert (done.returncode, about_ours) == (0, [])
    path.write_text(UNIT.replace("/srv/bokeru/.venv/bin/bokeru", "/bin/true").replace("UMask", "Umask"))
    done = subprocess.run(verified, capture_output=True, encoding="utf-8", timeout=60)
    assert "Unknown key" in done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_crawl_s_service_and_its_timer(tmp_path: Path) -> None:
    """Those of docs/crawling.md: two files in one block."""
    text = (ROOT / "docs" / "crawling.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
    parts = re.split(r"^# /etc/systemd/system/(\S+)\n", block, flags=re.MULTILINE)[1:]
    paths = [tmp_path / name for name in parts[::2]]
    assert [path.name for path in paths] == ["bokeru.service", "bokeru.timer"]
    for path, unit in zip(paths, parts[1::2], strict=True):
        path.write_text(unit.replace("/srv/bokeru/.venv/bin/bokeru", "/bin/true"), encoding="utf-8")
    verified = ["systemd-analyze", "verify", "--man=no", *map(str, paths)]
    done = subprocess.run(verified, capture_output=True, encoding="utf-8", timeout=60)
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if "bokeru." in line]
    assert (done.returncode, about_ours) == (0, [])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_little_that_the_unit_could_do(tmp_path: Path) -> None:
    """Of ten points of exposure a service without any such line has 9.6. Source: systemd-analyze(1)."""
    path = tmp_path / "bokeru-web.service"
    path.write_text(UNIT, encoding="utf-8")
    asked = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(path)]
    done = subprocess.run(asked, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_unit_writes_where_systemd_makes_its_folders() -> None:
    said = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line)
    assert said["Environment"].split()[0] == f"XDG_CACHE_HOME=/var/cache/{said['CacheDirectory']}"
    command = shlex.split(said["ExecStart"])
    arguments = parser().parse_args(command[1:])
    assert arguments.data == Path("/var/lib") / said["StateDirectory"]


def test_the_container_runs_as_nobody_and_owns_what_it_writes_to() -> None:
    found = instructions()
    names = [name for name, _ in found]
    (user,) = (value for name, value in found if name == "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert names.index("USER") > max(at for at, name in enumerate(names) if name in ("RUN", "COPY"))
    (volumes,) = (re.findall(r'"(.*?)"', value) for name, value in found if name == "VOLUME")
    (owned,) = (value for name, value in found if "chown" in value)
    assert owned.endswith(f"chown {user} {' '.join(volumes)}")
    (environment,) = (value for name, value in found if name == "ENV")
    assert dict(pair.split("=") for pair in environment.split())["XDG_CACHE_HOME"] in volumes


def test_what_the_image_runs_is_what_make_install_makes() -> None:
    found = dict(instructions())
    planned = subprocess.run(
        ["make", "-n", "-B", "install"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--editable ." in planned.stdout
    assert found["ENTRYPOINT"] == f'["{found["WORKDIR"]}/.venv/bin/bokeru"]'
    for line in RUNS.replace("\\\n", "").splitlines()[1:]:
        options, _, command = line.partition(" bokeru ")
        assert {"--read-only", "--tmpfs", "--cap-drop"} <= set(options.split())
        parser().parse_args(shlex.split(command))
