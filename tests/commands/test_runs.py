"""The commands on several runs: made one after the other by seed, and compared."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.main import main
from store.place import Place
from tests.commands.commandline import write_config
from tests.web import small_pipeline

Bokeru = Callable[[str], int]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a pipeline whose dataset and vectors are there."""
    folder = tmp_path_factory.mktemp("made")
    train = {"device": "cpu", "fused": False, "epochs": 2}
    write_config(folder / "pipelines.yaml", dataset={"dev_fraction": 0.25}, train=train)
    return small_pipeline.make(folder / "data", count=16, trained=False)


@pytest.fixture
def bokeru(made: Place, monkeypatch: pytest.MonkeyPatch) -> Bokeru:
    """Return what runs a command on it."""
    monkeypatch.setattr("commands.pipeline.Pipeline.feature_cache", made.features / small_pipeline.KEY)
    monkeypatch.chdir(made.data.parent)
    monkeypatch.setenv("COLUMNS", "160")
    return lambda line: main(shlex.split(line))


def mean(runs: list[Path], split: str, figure: str) -> float:
    found = [json.loads((run / "evaluation.json").read_text())[split][figure] for run in runs]
    return float(sum(found) / len(found))


def test_seeds_are_trained_measured_and_compared(
    made: Place, bokeru: Bokeru, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bokeru("train --pipeline demo --seeds 3 --set train.seed=5") == 0
    printed = capsys.readouterr().out
    runs = sorted(made.runs.iterdir())
    assert len(runs) == 3
    losses = [json.loads((run / "log.jsonl").read_text().splitlines()[-1])["loss"] for run in runs]
    assert "mean of 3 seeds" in printed
    assert f"last loss │ {sum(losses) / 3:.3f}" in " ".join(printed.split())
    seeds = {(run / "settings.yaml").read_text().split("seed: ")[1].split()[0] for run in runs}
    assert seeds == {"5", "6", "7"}

    assert bokeru("compare --pipeline demo") == 1
    assert "bokeru evaluate --pipeline demo" in capsys.readouterr().err

    assert bokeru("evaluate --pipeline demo --seeds 3 --set train.seed=5") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "on dev ┃ mean of 3 seeds" in printed
    assert f"the model │ {mean(runs, 'dev', 'nll'):.3f} │" in printed
    assert f"the model │ {mean(runs, 'train', 'nll'):.3f} │" in printed

    first, second = runs[0].name, runs[1].name
    assert bokeru(f"compare --pipeline demo {first} {second} --json") == 0
    told = json.loads(capsys.readouterr().out)
    one, other = (mean([run], "dev", "nll") for run in runs[:2])
    assert told["base"] == first
    assert told["figures"]["nll"]["value"] == pytest.approx(one)
    assert told["others"][second]["nll"]["value"] == pytest.approx(other - one)
    assert bokeru("compare --pipeline demo") == 0
    printed = capsys.readouterr().out
    assert printed.count("minus that") == 2
    assert "mean of 3 seeds" in printed
    assert f"the model │ {mean(runs, 'dev', 'nll'):.3f} │" in " ".join(printed.split())
    assert bokeru("compare --pipeline demo --json") == 0
    (pooled,) = json.loads(capsys.readouterr().out)["over_seeds"]
    assert sorted(pooled["runs"]) == [run.name for run in runs]
    assert pooled["figures"]["nll"]["seeds"] == 3
    assert pooled["figures"]["nll"]["mean"] == pytest.approx(mean(runs, "dev", "nll"))
    assert bokeru(f"compare --pipeline demo {first} --json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["others"], told["over_seeds"]) == ({}, [])
    assert told["figures"]["nll"]["low"] < one < told["figures"]["nll"]["high"]
    assert bokeru(f"compare {runs[1]} {runs[0]} --json") == 0, "runs are folders, too, of any pipeline"
    assert json.loads(capsys.readouterr().out)["others"][first]["nll"]["value"] == pytest.approx(one - other)
    assert bokeru(f"compare --pipeline demo {first} {runs[0]}") == 2
    assert "named twice" in capsys.readouterr().err

    assert bokeru(f"runs export csv --pipeline demo --out logs.csv --run {first} {second}") == 0
    assert "4 rows of 2 runs written to logs.csv" in capsys.readouterr().out
    assert Path("logs.csv").read_text().startswith("run,step,epoch,")
    assert bokeru("runs export mlflow --pipeline demo") == 1
    assert "--python mlflow/bin/python" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("compare many-to-one", 2, "--pipeline NAME"),
        ("compare", 2, "--pipeline NAME"),
        ("train --pipeline demo --seeds 0", 2, "no whole number from 1"),
        ("evaluate --pipeline demo --seeds 2 --set train.seed=90", 1, "bokeru train --pipeline demo"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    bokeru: Bokeru, capsys: pytest.CaptureFixture[str], line: str, status: int, told: str
) -> None:
    try:
        found = bokeru(line)
    except SystemExit as error:  # of argparse
        found = int(str(error.code))
    assert found == status
    assert told in capsys.readouterr().err


def test_the_decoder_of_one_run_is_exported(
    made: Place, bokeru: Bokeru, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bokeru("train --pipeline demo --set train.seed=5") == 0
    run = next(run for run in made.runs.iterdir() if "seed: 5" in (run / "settings.yaml").read_text())
    assert bokeru(f"runs export onnx --pipeline demo --run {run.name} --out decoder") == 0
    assert f"the decoder of {run.name} (named by --run) written to decoder" in capsys.readouterr().out
    written = {path.name for path in (made.data.parent / "decoder").iterdir()}
    assert written == {"photo.onnx", "step.onnx", "decoder.json", "README.md", "exported.json"}
    assert bokeru(f"runs export onnx --pipeline demo --run {run.name} another") == 2
    assert "one run is exported as ONNX, not 2" in capsys.readouterr().err


def test_a_run_is_named_for_a_model_alone(bokeru: Bokeru, capsys: pytest.CaptureFixture[str]) -> None:
    assert bokeru("push --pipeline demo you/jokes --run many") == 2
    assert "add --model" in capsys.readouterr().err
