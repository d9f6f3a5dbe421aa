"""The `bokeru` command in a process of its own, on a pipeline that runs in seconds."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

BOKERU = str(Path(sys.executable).with_name("bokeru"))
"""The console entry, as `make install` puts it beside the interpreter."""
SMALL: dict[str, dict[str, Any]] = {
    "crawl": {
        "site": "embedded",
        "embedded": {"photos": 8, "captions_per_photo": 3},
        "delay": 0,
        "pause": 0.05,
        "patience": 3,
    },
    "dataset": {"dev_fraction": 0.3},
    "features": {"weights": "random"},
    "train": {"epochs": 1, "embedding": 8, "hidden": 8, "batch_size": 16},
}


def write_config(path: Path, **stages: Mapping[str, object]) -> Path:
    """Write a config with one pipeline, `demo`: SMALL, with some settings changed."""
    settings = {stage: {**values, **stages.get(stage, {})} for stage, values in SMALL.items()}
    path.write_text(yaml.safe_dump({"pipelines": {"demo": settings}}, allow_unicode=True))
    return path


def start(folder: Path, *arguments: object, **environment: str) -> "subprocess.Popen[str]":
    """Start a command in a process group of its own, which a test may send a terminal's signals to."""
    return _start([BOKERU, *map(str, arguments)], folder, environment)


def scrapy(folder: Path, argument: str) -> "subprocess.Popen[str]":
    """Start `scrapy crawl bokete -a ARGUMENT` in the same way."""
    command = [str(Path(sys.executable).with_name("scrapy")), "crawl", "bokete", "-a", argument]
    return _start(command, folder, {"SCRAPY_SETTINGS_MODULE": "crawler.settings"})


def _start(command: list[str], folder: Path, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def run(folder: Path, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    with start(folder, *arguments, **environment) as process:
        output, errors = process.communicate(timeout=200)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def send(process: "subprocess.Popen[str]", number: signal.Signals) -> str:
    """Send a signal to a command and all that it started in its group; return what it says on stderr."""
    os.killpg(process.pid, number)
    return process.communicate(timeout=60)[1]
