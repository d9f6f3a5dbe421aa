"""Runs trained beside each other, in real processes: what they make, what stops them, what fails."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store.errors import TooLittleRoom, UserError
from store.place import Place
from tests.train import toy_training
from train.fit import fit
from train.options import TrainOptions
from train.runs.names import Names
from train.sweep.grid import Cell, Folders, Grid, grid, split
from train.sweep.naming import name
from train.sweep.report import report
from train.sweep.together import epochs_done, is_complete, train

LONG: dict[str, Any] = {"epochs": 400, "snapshot_seconds": 1000.0}
"""Settings of runs that no snapshot by time is taken of, and that do not end before they are stopped."""
CODE = """
import json, sys
from pathlib import Path
from store.processes.ending import exit_status
from tests.train.sweep.test_together import made
from tests.train.toy_training import Toy
from train.sweep.together import train
dataset, features, runs, options = sys.argv[1:]
folders = (Path(dataset), Path(features), Path(runs))
cells = made(folders, **json.loads(options)).cells
sys.exit(exit_status(lambda: train(cells, folders, 2, lambda cell: None)))
"""


def made(folders: Folders, *overrides: str, seeds: int = 1, **options: Any) -> Grid:
    """Return a sweep over two sizes of the model, if nothing else is asked."""

    def read(given: Sequence[str]) -> TrainOptions:
        values = {key: json.loads(text) for key, text in (each.split("=") for each in given)}
        swept = {key.removeprefix("train."): value for key, value in values.items()}
        return toy_training.options(**options | swept)

    axes, _ = split(overrides or ("train.hidden=8,12",))
    return grid(axes, read, seeds, folders)


@pytest.fixture
def folders(toy: toy_training.Toy, tmp_path: Path) -> Folders:
    return toy.dataset, toy.features, tmp_path / "demo" / "runs"


def test_runs_are_those_that_fit_makes(folders: Folders, tmp_path: Path) -> None:
    """And they are named as they are complete, once, whoever completed them."""
    found = made(folders, "train.hidden=8,12", "train.dropout=0,0.3")
    place, told = Place(tmp_path, "demo"), list[Cell]()
    fit(found.cells[0].options, *folders)

    def completed(cell: Cell) -> None:
        assert is_complete(cell)
        told.append(cell)
        name(cell, place)

    assert train(found.cells, folders, 2, completed) == {}
    assert sorted(cell.title for cell in told) == sorted(cell.title for cell in found.cells)
    alone = fit(found.cells[3].options, *folders[:2], tmp_path / "alone")
    for file in ("log.jsonl", "model/model.safetensors"):
        assert (found.cells[3].run / file).read_bytes() == (alone / file).read_bytes()
    names = Names.load(place.directory)
    assert [names.of(cell.run).name for cell in found.cells] == [cell.title for cell in found.cells]
    texts = [(cell.run / "log.jsonl").read_text().splitlines() for cell in found.cells]
    logs = [[json.loads(line) for line in lines] for lines in texts]
    best = [min(record["dev_known_loss"] for record in log) for log in logs]
    said = report(found, place.directory, {})
    assert [run.dev_known_loss for each in said.combinations for run in each.runs] == best
    by_name = {each.setting: each for each in said.effects}
    differences = [best[2] - best[0], best[3] - best[1]]
    assert by_name["train.hidden"].difference == pytest.approx(np.mean(differences))
    assert (by_name["train.hidden"].low, by_name["train.hidden"].pairs) == (None, 2)


def test_a_run_that_cannot_be_trained_stops_no_other(
    folders: Folders, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = made(folders, "train.learning_rate=0.01,1e30", clip=None)
    good, bad = found.cells
    failed = train(found.cells, folders, 2, lambda cell: None)
    assert list(failed) == [bad.run]
    assert type(failed[bad.run]) is UserError
    assert "Traceback" not in str(failed[bad.run])
    assert "learning_rate" in str(failed[bad.run])
    assert is_complete(good)
    assert "Traceback" not in capfd.readouterr().err
    said = report(found, tmp_path / "demo", failed)
    assert [each.runs[0].state for each in said.combinations] == ["complete", "failed"]
    assert said.combinations[1].runs[0].failure == str(failed[bad.run])
    assert said.combinations[1].dev_known_loss is None
    assert said.effects[0].difference is None


def test_why_a_run_was_not_trained_keeps_its_status(folders: Folders) -> None:
    found = made(folders, min_free_gb=10**9)
    failed = train(found.cells, folders, 2, lambda cell: None)
    assert {type(error) for error in failed.values()} == {TooLittleRoom}
    assert all("min_free_gb" in str(error) for error in failed.values())


def test_runs_that_train_at_once_share_the_cores(
    toy: toy_training.Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.arithmetic.threads.WORTHWHILE", 0)
    monkeypatch.setattr("train.arithmetic.threads.cores", lambda: 8)
    job = toy_training.job(toy)
    threads = []
    for sharing in (1, 3, 20):
        job.sharing = sharing
        threads.append(job.threads())
    assert threads == [8, 2, 1]


def start(folders: Folders, **options: Any) -> "subprocess.Popen[str]":
    """Start a sweep of two runs in a process."""
    words = [*map(str, folders), json.dumps(options)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *words], env=environment, stderr=subprocess.PIPE, text=True
    )


def wait_until_both_learn(cells: Sequence[Cell], process: "subprocess.Popen[str]") -> None:
    while process.poll() is None and not all(epochs_done(cell.run) for cell in cells):
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_with_a_snapshot_and_they_go_on(folders: Folders, number: signal.Signals) -> None:
    found = made(folders, **LONG)
    with start(folders, **LONG) as process:
        wait_until_both_learn(found.cells, process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert errors.splitlines()[-1].startswith("bokeru: stopped")
    for cell in found.cells:
        (snapshot,) = (cell.run / "snapshots").glob("[0-9]*.safetensors")
        assert int(snapshot.stem) > 0
        assert not is_complete(cell)


def test_what_is_killed_leaves_no_process_behind(folders: Folders) -> None:
    found = made(folders, **LONG)
    with start(folders, **LONG) as process:
        wait_until_both_learn(found.cells, process)
        children = Path(f"/proc/{process.pid}/task").glob("*/children")
        workers = [int(number) for path in children for number in path.read_text().split()]
        assert len(workers) == 2
        process.kill()
        process.communicate(timeout=120)
    ended = time.monotonic() + 60
    while any(Path(f"/proc/{number}").exists() for number in workers) and time.monotonic() < ended:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{number}").exists() for number in workers)
    for cell in found.cells:  # they were told to end, so they left a snapshot
        assert list((cell.run / "snapshots").glob("[0-9]*.safetensors"))
