"""The examples that every --help and the Makefile show really run, on an embedded site of a dozen photos."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from commands.examples import EXAMPLES
from commands.main import main
from crawler.options import EMBEDDED_SITE
from store.place import program
from tests.crawl_tables import photo
from tests.crawler.imports.warcs import Warc, page
from tests.dataset.importers.cans import boke_row, can, own_table, rows_as_csv
from tests.docs.documents import ROOT, commands, examples
from tests.featurize.families import resnet
from tests.featurize.small_networks import small_weights

OUTSIDE = (
    "bokeru weights caffenet",
    "bokeru push --pipeline demo you/jokes",
    "bokeru push --pipeline demo --model you/writer",
)
"""The examples that need a network; tests/featurize/test_fetch.py, tests/dataset/export/test_push.py and
tests/train/sharing/test_hub.py try them with servers of their own."""
LINES = [line for lines in EXAMPLES.values() for line in lines if line not in OUTSIDE]
SERVERS = [line for line in LINES if re.match("bokeru (site|web)(?!.* --(export|facts))", line)]
SITE = {"site": "embedded", "embedded": {"photos": 12, "captions_per_photo": 3}, "delay": 0}
SMALL = {
    "crawl": SITE,
    "dataset": {"dev_fraction": 0.5},
    "features": {"weights": "small.caffemodel"},
    "train": {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 16},
}
"""The settings that the examples run with: those of pipelines.yaml would take minutes."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where the demo has run: the examples are written for such a one."""
    folder = tmp_path_factory.mktemp("examples")
    settings = {"pipelines": {"demo": SMALL, "bokete": SMALL}}
    (folder / "pipelines.yaml").write_text(yaml.safe_dump(settings))
    (folder / "photo.jpg").write_bytes(photo(1))
    (folder / "page.html").write_bytes((ROOT / "tests/crawler/pages/next_2024.html").read_bytes())
    can(folder / "downloads" / "bokekan", rows_as_csv([boke_row(number) for number in range(9)]).encode())
    own_table(folder / "downloads" / "jokes")
    with Warc(folder / "downloads" / "pages.warc.gz") as warc:
        warc.response(f"{EMBEDDED_SITE}/odai/1", page(1))
        warc.photo(1)
    small_weights(folder)
    resnet(folder / "model.onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["demo"]) == 0
    return folder


def test_every_command_shows_its_examples() -> None:
    assert EXAMPLES.keys() == commands().keys()
    for name, lines in EXAMPLES.items():
        shown = {line.replace("bokeru", program(), 1) for line in lines}
        assert shown <= set(examples(Path(f"bokeru {name} --help")))


@pytest.mark.parametrize("line", [line for line in LINES if line not in SERVERS])
def test_an_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(folder)
    assert main(shlex.split(line)[1:]) == 0
    if "--set dataset." in line:  # the stages after it refuse a dataset of other settings
        assert main(["dataset", "--pipeline", "demo"]) == 0


@pytest.mark.parametrize("line", SERVERS)
def test_an_example_serves_until_it_is_terminated(folder: Path, line: str) -> None:
    words = re.sub(r"--port \d+", "", line).split()[1:]
    command = [sys.executable, "-m", "commands.main", *words, "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert re.search(r"http://[\w.]+:\d+", server.stdout.readline())
        server.send_signal(signal.SIGTERM)  # a SIGINT would be ignored where the tests run in the background
        assert server.wait(30) == 143


def test_the_example_of_the_makefile_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = (line for line in examples(ROOT / "Makefile") if line.startswith("make crawl "))
    planned = subprocess.run(
        ["make", "-n", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (command,) = (words for words in planned.stdout.splitlines() if words.startswith(".venv/bin/bokeru "))
    monkeypatch.chdir(folder)
    assert main(shlex.split(command)[1:]) == 0
