"""Every file that any command writes is in the register, and what the register says of it is true."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands.main import parser
from store.register.kinds import KINDS
from tests import every_command
from tests.store.register.paths import kind_of

ROOT = Path(__file__).parents[1]
NOT_RUN = {"site": "serves until Ctrl-C, and writes nothing"}
NOT_WRITTEN = {"<pipeline>/crawl/.spill/*": "DuckDB writes it only where a crawl outgrows 1 GB of memory"}

MAY_HOLD = {
    "<pipeline>/crawl/report.json": "only what a rule left out, and why a crawl failed",
    "<pipeline>/crawl/history.parquet": "only why a crawl failed",
    "<pipeline>/forgetting.json": "only while a forget is unfinished",
}
"""Files that hold content in some pipelines, and not in this one."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what was written while every command ran once."""
    folder = tmp_path_factory.mktemp("every")
    done = subprocess.run(
        [sys.executable, "-m", every_command.__name__, str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(done.stderr[-2000:])
    written: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return written


def test_every_command_is_run(report: dict[str, Any]) -> None:
    (commands,) = (action.choices for action in parser()._actions if isinstance(action.choices, dict))
    assert set(commands) == {*report["commands"], *NOT_RUN}


def test_every_file_is_in_the_register(report: dict[str, Any]) -> None:
    assert [name for name in report["files"] if kind_of(name) is None] == []


def test_every_kind_in_the_register_is_written(report: dict[str, Any]) -> None:
    written = {found.path for name in report["files"] if (found := kind_of(name))}
    assert {kind.path for kind in KINDS} - written == set(NOT_WRITTEN)


def test_photos_and_captions_are_in_files_that_are_declared_to_hold_them_and_in_no_others(
    report: dict[str, Any],
) -> None:
    holding = {found.path for name in report["holding content"] if (found := kind_of(name))}
    stay = {kind.path for kind in KINDS if kind.content and (kind.lasts or kind.format == "derived")}
    assert holding == stay - set(MAY_HOLD)


def test_the_manifest_lists_what_is_declared_to_be_in_it(report: dict[str, Any]) -> None:
    listed = {found.path for name in report["in the manifest"] if (found := kind_of(name))}
    assert listed == {kind.path for kind in KINDS if kind.in_manifest}


def test_the_mirror_has_what_is_declared_to_be_mirrored_and_nothing_else(report: dict[str, Any]) -> None:
    mirrored = {kind.name: kind for kind in KINDS if kind.mirrored}
    by_folder = {name.partition("/")[0]: name for name in mirrored}
    assert {by_folder[name.partition("/")[0]] for name in report["mirror"]} == mirrored.keys()
