"""A user's own dataset.py, train.py or store.py changes nothing, in the working folder and on PYTHONPATH."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commands.examples import EXAMPLES
from tests.commands.commandline import run, send, start, write_config
from tests.crawl_tables import photo
from tests.dataset.importers.cans import boke_row, can, own_table, rows_as_csv
from tests.docs.documents import ROOT
from tests.featurize.families import resnet

OURS = sorted(
    {"bokeru", *(path.parent.name for path in ROOT.glob("*/__init__.py"))}
    | {path.stem for path in ROOT.glob("*.py")}
)
"""Every top-level name of the checkout, and so every name that a user's module may share."""
SERVERS = ("site", "web")
COMMANDS = [
    next(line for line in lines if name not in SERVERS or "--export" in line)
    for name, lines in EXAMPLES.items()
    if name
    not in ("demo", "weights", "site", "push")  # three have tests below; the Hub is not asked from here
]
# The example asks for another dataset than the pipeline's: those after it refuse that one.
COMMANDS.insert(COMMANDS.index(EXAMPLES["dataset"][0]) + 1, "bokeru dataset --pipeline demo")
DRIVER = """
import json, shlex, sys
from commands.main import main
if __name__ == "__main__":
    statuses = {line: main(shlex.split(line)[1:]) for line in json.loads(sys.argv[1])}
    sys.stderr.write("\\n" + json.dumps(statuses))
"""
"""Many commands in one process, which saves the half second that each takes to start. Python puts the folder
of a script on the module path, not the working folder, for this file as for the console entry."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder where every module of the user's has the name of one of ours, and fails."""
    folder = tmp_path_factory.mktemp("of the user")
    for name in OURS:
        (folder / f"{name}.py").write_text(f"raise RuntimeError('the module {name} of the user')\n")
    config = write_config(folder / "pipelines.yaml").read_text()
    config += config.removeprefix("pipelines:\n").replace("  demo:", "  bokete:")
    (folder / "pipelines.yaml").write_text(config)
    (folder / "photo.jpg").write_bytes(photo(1))
    resnet(folder / "model.onnx")
    (folder / "page.html").write_bytes((ROOT / "tests/crawler/pages/next_2024.html").read_bytes())
    can(folder / "downloads" / "bokekan", rows_as_csv([boke_row(number) for number in range(9)]).encode())
    own_table(folder / "downloads" / "jokes")
    result = run(folder, "demo", PYTHONPATH=".")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.long
def test_every_command_runs(folder: Path, tmp_path: Path) -> None:
    assert {"commands", "crawler", "dataset", "pipelines", "store", "train", "web"} < set(OURS)
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    command = [sys.executable, str(driver), json.dumps(COMMANDS)]
    environment = {**os.environ, "PYTHONPATH": str(folder)}  # as many people have it, or as "."
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=250)
    assert "of the user" not in result.stderr.replace(str(folder), "")
    assert json.loads(result.stderr.splitlines()[-1]) == dict.fromkeys(COMMANDS, 0), result.stderr


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_starts(name: str, folder: Path) -> None:
    process = start(folder, *shlex.split(EXAMPLES[name][0])[1:], "--port", "0", PYTHONPATH=".")
    assert process.stdout
    assert "http://127.0.0.1:" in process.stdout.readline()
    send(process, signal.SIGTERM)


def test_weights_are_looked_at(folder: Path) -> None:
    weights = folder / "elsewhere" / "weights"
    weights.mkdir(parents=True)
    (weights / "bvlc_reference_caffenet.caffemodel").write_bytes(b"no weights")
    result = run(folder, "weights", "caffenet", "--data", "elsewhere", PYTHONPATH=".")
    assert result.returncode == 5, "the file is not the published one, which needs no network to see"


def test_scrapy_crawls(folder: Path) -> None:
    shutil.rmtree(folder / "data/demo/crawl", ignore_errors=True)
    command = [str(Path(sys.executable).with_name("scrapy")), "crawl", "bokete", "-a", "pipeline=demo"]
    environment = {"SCRAPY_SETTINGS_MODULE": "crawler.settings", "PATH": "/usr/bin:/bin", "PYTHONPATH": "."}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert list((folder / "data/demo/crawl/images").glob("*.parquet")), result.stderr


@pytest.mark.long
def test_a_scrapy_project_of_the_user_is_not_ours(folder: Path) -> None:
    shutil.rmtree(folder / "data/demo/crawl", ignore_errors=True)
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = settings\n")
    (folder / "settings.py").write_text("raise RuntimeError('the settings of the user')\n")
    try:
        result = run(folder, "crawl", "--pipeline", "demo", PYTHONPATH=".", SCRAPY_SETTINGS_MODULE="settings")
    finally:
        (folder / "scrapy.cfg").unlink()
    assert result.returncode == 0, result.stderr
