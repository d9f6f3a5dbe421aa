"""Runs for other programs: as pandas reads the table, and as real trackers say themselves."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from store.errors import DamagedFile, UserError
from store.whole_file import write_json
from tests.docs.documents import ROOT
from tests.train import toy_training
from train.fit import fit
from train.runs.export import logged, send, write_table

TRACKERS = ROOT / ".venv-trackers" / "bin"
"""`make test-long` makes this environment."""


@pytest.fixture(scope="module")
def trained(toy: toy_training.Toy) -> list[Path]:
    """Return two runs, one of them evaluated, so to speak; the other has no measurement after every epoch."""
    settings: list[dict[str, Any]] = [{"epochs": 3}, {"epochs": 3, "dev_every": 2, "schedule": "cosine"}]
    runs = [fit(toy_training.options(**each), toy.dataset, toy.features, toy.runs) for each in settings]
    figures = {"nll": 2.5, "recall@1": 0.25, "floor": None, "intervals": {"nll": [2, 3]}}
    write_json(runs[0] / "evaluation.json", {"fingerprint": "f", "dev": figures, "train": {"nll": 2.0}})
    return runs


def log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def test_the_table_has_a_row_for_each_run_and_epoch(trained: list[Path], tmp_path: Path) -> None:
    assert write_table(trained, tmp_path / "runs.csv") == 6
    table = pd.read_csv(tmp_path / "runs.csv")
    assert table["run"].tolist() == [run.name for run in trained for _ in range(3)]
    assert table["step"].tolist() == [12, 24, 36] * 2
    expected = [record for run in trained for record in log(run)]
    for name in ("loss", "learning_rate", "gradient_norm", "captions"):
        assert table[name].tolist() == pytest.approx([record[name] for record in expected])
    measured = [record["dev_known_loss"] is not None for record in expected]
    assert table["dev_known_loss"].notna().tolist() == measured == [True] * 3 + [False, True, True]
    assert (table["tokens_per_second"] > 0).all()
    assert table["dev/recall@1"].dropna().tolist() == [0.25]


def test_a_run_of_an_earlier_version_has_no_speed(trained: list[Path], tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained[0], tmp_path / "old"))
    (run / "speed.jsonl").unlink()
    assert [sorted(point) for point in logged(run).points] == [["metrics", "step"]] * 3
    assert "tokens_per_second" not in logged(run).points[0]["metrics"]


@pytest.mark.parametrize(
    ("name", "content"), [("settings.yaml", "[1"), ("settings.yaml", "3"), ("log.jsonl", "{")]
)
def test_a_damaged_run_is_named(trained: list[Path], tmp_path: Path, name: str, content: str) -> None:
    run = Path(shutil.copytree(trained[0], tmp_path / "run"))
    (run / name).write_text(content)
    with pytest.raises(DamagedFile, match=name):
        logged(run)


@pytest.mark.parametrize("tracker", ["mlflow", "trackio"])
def test_a_python_without_the_tracker_says_how_to_install_it(trained: list[Path], tracker: str) -> None:
    with pytest.raises(UserError, match=rf"has no {tracker}\..*-m venv {tracker};.*--python {tracker}/bin"):
        send(trained, tracker, Path(sys.executable), "demo")
    with pytest.raises(UserError, match=r"nowhere does not start.*-m venv"):
        send(trained, tracker, Path("nowhere"), "demo")


def test_what_a_tracker_says_last_is_the_reason(trained: list[Path], tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\ncat >/dev/null\necho told >&2\necho 'the server is gone' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(UserError, match="mlflow did not take the runs: the server is gone"):
        send(trained, "mlflow", python, "demo")


def asked(code: str, **environment: str) -> Any:
    """Run code in the trackers' environment; return what it prints, as JSON."""
    given = {**os.environ, **environment}
    python = str(TRACKERS / "python")
    done = subprocess.run([python, "-c", code], env=given, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


MLFLOW = """
import json
from mlflow import MlflowClient
client = MlflowClient()
number = client.get_experiment_by_name("toy").experiment_id
history = lambda run, name: [[each.step, each.value] for each in client.get_metric_history(run, name)]
print(json.dumps({
    run.info.run_name: {
        "status": run.info.status, "params": run.data.params, "last": run.data.metrics,
        "loss": history(run.info.run_id, "loss"), "dev": history(run.info.run_id, "dev_known_loss"),
    } for run in client.search_runs([number])
}))
"""


@pytest.mark.long
def test_mlflow_has_each_run_once(
    trained: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", where)
    assert send(trained[:1], "mlflow", TRACKERS / "python", "toy") == 1
    assert send(trained, "mlflow", TRACKERS / "python", "toy") == 1
    found = asked(MLFLOW, MLFLOW_TRACKING_URI=where)
    assert found.keys() == {run.name for run in trained}
    for run in trained:
        told, records = found[run.name], log(run)
        assert told["status"] == "FINISHED"
        settings = yaml.safe_load((run / "settings.yaml").read_text())
        of_training = {f"train.{name}": str(value) for name, value in settings["train"].items()}
        assert of_training.items() <= told["params"].items()
        assert told["params"]["inputs.features"] == settings["inputs"]["features"]
        assert told["loss"] == [[record["iteration"], record["loss"]] for record in records]
        measured = [record for record in records if record["dev_known_loss"] is not None]
        assert told["dev"] == [[record["iteration"], record["dev_known_loss"]] for record in measured]
    assert found[trained[0].name]["last"]["dev/recall_1"] == 0.25
    assert "dev/nll" not in found[trained[1].name]["last"]


@pytest.mark.long
def test_trackio_has_each_run_once(
    trained: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))
    assert send(trained[:1], "trackio", TRACKERS / "python", "toy") == 1
    assert send(trained, "trackio", TRACKERS / "python", "toy") == 1
    command = [str(TRACKERS / "trackio"), "get", "metric", "--project", "toy", "--json", "--run"]
    for run in trained:
        for metric in ("loss", "gradient_norm", "tokens_per_second"):
            told = subprocess.check_output([*command, run.name, "--metric", metric], text=True)
            points = [(each["step"], each["value"]) for each in json.loads(told)["values"]]
            expected = [(each["step"], each["metrics"][metric]) for each in logged(run).points]
            assert points == expected, metric
    configured = "import json, trackio; print(json.dumps([r.config for r in trackio.Api().runs('toy')]))"
    hidden = {each["train.hidden"] for each in asked(configured, TRACKIO_DIR=str(tmp_path))}
    assert hidden == {12}


TENSORBOARD = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]).Reload()
tags = events.Tags()["scalars"]
print(json.dumps({tag: [[each.step, each.value] for each in events.Scalars(tag)] for tag in tags}))
"""


@pytest.mark.long
def test_tensorboard_reads_what_a_run_writes(toy: toy_training.Toy, tmp_path: Path) -> None:
    settings = {"epochs": 6, "batch_size": 1, "tensorboard": True}
    run = fit(toy_training.options(**settings), toy.dataset, toy.features, tmp_path)
    # The last part comes again, as after a kill that snapshots have not seen.
    folder = run / "tensorboard"
    code = TENSORBOARD.replace("sys.argv[1]", repr(str(folder)))
    before = asked(code)
    from train.runs.board import board

    with board(folder, 192) as write:
        write("epoch", 240, {"loss": 0.25})
    again = asked(code)
    assert before["epoch/loss"] == [
        [record["iteration"], pytest.approx(record["loss"], rel=1e-6)] for record in log(run)
    ]
    assert before["epoch/dev_known_loss"][-1][0] == 288
    assert again["epoch/loss"] == [*before["epoch/loss"][:4], [240, 0.25]]
    assert again["update/gradient_norm"] == before["update/gradient_norm"][:4]
