"""`bokeru sweep` as people and programs meet it: what it trains, prints and refuses, and how it goes on."""

import json
import random
import shlex
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from commands.main import main
from tests.commands.commandline import start, write_config

SETTINGS = "--set train.hidden=8,12 train.dropout=0,0.3"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pipeline that can be trained on."""
    folder = tmp_path_factory.mktemp("prepared")
    train = {"device": "cpu", "threads": 1, "epochs": 3}
    write_config(folder / "pipelines.yaml", train=train, crawl={"embedded": {"photos": 12}})
    for stage in ("crawl", "dataset", "features"):
        assert bokeru(folder, stage) == 0
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "copy"))


def bokeru(folder: Path, line: str) -> int:
    where = ["--pipeline", "demo", "--config", folder / "pipelines.yaml", "--data", folder / "data"]
    return main([*shlex.split(line), *map(str, where)])


def asked(folder: Path, line: str, capfd: pytest.CaptureFixture[str], status: int = 0) -> Any:
    """Return what the command answers as JSON."""
    capfd.readouterr()
    assert bokeru(folder, f"{line} --json") == status
    return json.loads(capfd.readouterr().out)


def test_a_sweep_trains_names_and_compares(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    planned = asked(folder, f"sweep {SETTINGS} --dry-run", capfd)
    assert [run["state"] for run in planned["runs"]] == ["new"] * 4
    assert planned["seconds"] is None
    assert not (folder / "data/demo/runs").exists()

    found = asked(folder, f"sweep {SETTINGS}", capfd)
    assert found["settings"] == {"train.hidden": [8, 12], "train.dropout": [0, 0.3]}
    names = [each["runs"][0]["name"] for each in found["combinations"]]
    assert names[0] == "hidden 8, dropout 0, seed 0"
    for each in found["combinations"]:
        (run,) = each["runs"]
        log = (folder / "data/demo/runs" / run["run"] / "log.jsonl").read_text().splitlines()
        losses = [json.loads(line)["dev_known_loss"] for line in log]
        assert (run["dev_known_loss"], run["epoch"]) == (min(losses), 1 + losses.index(min(losses)))
        settings = (folder / "data/demo/runs" / run["run"] / "settings.yaml").read_text()
        assert f"hidden: {each['values']['train.hidden']}\n" in settings
    assert {each["setting"] for each in found["effects"]} == {"train.hidden", "train.dropout"}

    # The same again trains nothing, and a wider one trains what is new alone.
    assert asked(folder, f"sweep {SETTINGS}", capfd) == found
    wider = asked(folder, f"sweep {SETTINGS} --seeds 2 --dry-run", capfd)
    assert [run["state"] for run in wider["runs"]] == ["complete"] * 4 + ["new"] * 4
    assert wider["seconds"] > 0
    assert bokeru(folder, f"sweep {SETTINGS}") == 0
    printed = " ".join(capfd.readouterr().out.split())
    best = min(each["dev_known_loss"]["mean"] for each in found["combinations"])
    assert f"{best:.3f}" in printed
    assert bokeru(folder, "runs list") == 0
    assert "(hidden 8, dropout 0, seed 0)" in capfd.readouterr().out


def test_what_fails_is_told_with_its_status_and_the_others_are_there(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    line = "sweep --set train.learning_rate=0.001,1e30 train.clip=null"
    found = asked(folder, line, capfd, status=1)
    good, bad = (each["runs"][0] for each in found["combinations"])
    assert (good["state"], bad["state"], bad["dev_known_loss"]) == ("complete", "failed", None)
    assert bokeru(folder, line) == 1
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith(
        "bokeru: 1 of 2 runs could not be trained; learning_rate 1e+30, clip null, seed 0: "
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--set dataset.min_stars=1,2", "other data"),
        ("--set train.seed=1,2", "--seeds N"),
        ("--set train.hidden=64", "this is one run"),
        ("--set train.hiden=64,128", "Did you mean 'hidden'?"),
        ("--set train.hidden=64,0", "train.hidden cannot be 0"),
        ("--set train.hidden=64,64", "same run"),
        ("--set train.hidden=64,[", "no list of values"),
        ("--set train.device=cpu,cuda:0", "where a run is made"),
        ("--set train.device=gpu --seeds 2", "Write cpu, cuda:0"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_trained(
    prepared: Path, capfd: pytest.CaptureFixture[str], line: str, reason: str
) -> None:
    assert bokeru(prepared, f"sweep {line}") == 2
    assert reason in capfd.readouterr().err
    assert not (prepared / "data/demo/runs").exists()


def killed(folder: Path, line: str, chance: random.Random) -> None:
    """Kill the command in the midst of training, or as it starts to."""
    before = epochs(folder)
    with start(folder, "sweep", "--pipeline", "demo", *shlex.split(line)) as process:
        while process.poll() is None and epochs(folder) < before + 2:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.communicate()
    assert process.returncode < 0


def epochs(folder: Path) -> int:
    return sum(path.read_text().count("\n") for path in folder.glob("data/demo/runs/*/log.jsonl"))


def ends_alike(folder: Path, line: str, kills: int, capfd: pytest.CaptureFixture[str]) -> None:
    """Kill a sweep so often; then it ends with what an undisturbed one says."""
    whole = Path(shutil.copytree(folder, folder.with_name("whole")))
    expected = asked(whole, f"sweep {line}", capfd)
    chance = random.Random(3)
    for _ in range(kills):
        killed(folder, line, chance)
    assert asked(folder, f"sweep {line}", capfd) == expected
    runs = sorted(path.relative_to(whole) for path in whole.glob("data/demo/runs/*/model/model.safetensors"))
    assert len(runs) == sum(len(each["runs"]) for each in expected["combinations"])
    for run in runs:
        assert (folder / run).read_bytes() == (whole / run).read_bytes()


@pytest.mark.long
def test_a_killed_sweep_ends_as_an_undisturbed_one(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ends_alike(folder, "--seeds 2 --set train.epochs=60 train.snapshot_seconds=0", 1, capfd)


@pytest.mark.long
def test_a_sweep_of_six_runs_that_is_killed_three_times(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    line = "--seeds 3 --set train.hidden=8,12 train.epochs=80 train.dropout=0.2 train.snapshot_seconds=0"
    ends_alike(folder, line, 3, capfd)
