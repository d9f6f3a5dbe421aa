"""Standard streams that are closed, or whose reader has gone, in a real command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.commandline import BOKERU, write_config


@pytest.mark.parametrize(
    "arguments",
    [["inspect", "p/dataset"], ["settings"], ["--help"], ["--version"]],
    ids=" ".join,
)
def test_a_reader_that_has_seen_enough_is_no_failure(arguments: list[str], pipeline: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # gone before the first byte, as `head` is after the first line
    result = subprocess.run(
        [BOKERU, *arguments], cwd=pipeline.parent, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [("verify p/crawl", 0), ("dataset --pipeline demo", 1), ("train --pipeline none", 2), ("--nonesuch", 2)],
)
@pytest.mark.parametrize("closed", [pytest.param("2>&-", marks=pytest.mark.long), ">&- 2>&- <&-"])
def test_a_command_without_standard_error_ends_as_ever(
    arguments: str, status: int, closed: str, pipeline: Path
) -> None:
    write_config(pipeline.parent / "pipelines.yaml")
    result = subprocess.run(
        ["sh", "-c", f'"$0" {arguments} {closed}', BOKERU],
        cwd=pipeline.parent,
        capture_output=True,
        text=True,
    )
    assert result.returncode == status, result.stdout + result.stderr
    assert not result.stderr
    assert "bokeru: " not in result.stdout, "an error is no output"


def test_an_error_that_nobody_reads_keeps_its_status(pipeline: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [BOKERU, "train", "--pipeline", "none"]
    result = subprocess.run(command, cwd=pipeline.parent, stdout=subprocess.DEVNULL, stderr=writer)
    os.close(writer)
    assert result.returncode == 2


@pytest.mark.parametrize(
    ("locale", "said"),
    [({"LC_ALL": "POSIX"}, "犬".encode()), ({"PYTHONIOENCODING": "latin-1"}, rb"\u72ac")],
)
def test_text_that_a_locale_cannot_write_is_no_failure(locale: dict[str, str], said: bytes) -> None:
    """Without a locale UTF-8 is written; with another one an escape, which that encoding has."""
    code = "from store.processes.ending import exit_status; exit_status(lambda: print('\\u72ac'))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **locale},
        capture_output=True,
    )
    assert (result.stdout, result.stderr) == (said + b"\n", b"")
