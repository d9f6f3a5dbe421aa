"""A kill is never damage: whatever a stage leaves when it is killed, `bokeru verify` ends with 0."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from commands.verify import exit_status, verify
from dataset.build.stage import build
from dataset.options import DatasetOptions
from featurize.extract import extract, key
from featurize.options import FeatureOptions, RandomOptions
from tests import crawl_tables
from tests.killing import kills
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.options import TrainOptions
from train.runs.find import newest

ROOT = Path(__file__).parents[2]
DATASET = DatasetOptions(dev_fraction=0.3)
FEATURES = FeatureOptions(weights="random", random=RandomOptions(dimensions=4))
TRAIN = TrainOptions(epochs=2, embedding=4, hidden=4, batch_size=8, fused=False, device="cpu")


def built(data: Path) -> None:
    build(DATASET, [data / "p/crawl"], data / "p/dataset", name="p")


def computed(data: Path) -> None:
    extract(FEATURES, data / "p/dataset", data / "features", data / "weights")


def cache(data: Path) -> Path:
    return data / "features" / key(FEATURES, data / "weights")


def trained(data: Path) -> None:
    fit(TRAIN, data / "p/dataset", cache(data), data / "p/runs")


def measured(data: Path) -> None:
    evaluate(newest(data / "p/runs"), data / "p/dataset", cache(data))


STAGES: dict[str, Callable[[Path], None]] = {
    "dataset": built,
    "features": computed,
    "train": trained,
    "evaluate": measured,
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return, for each stage, a data folder that has all stages before it."""
    folders = {}
    data = tmp_path_factory.mktemp("stages") / "crawl"
    crawl_tables.crawl(data / "p" / "crawl", photos=8, captions=2)
    for name, stage in STAGES.items():
        folders[name] = Path(shutil.copytree(data, data.with_name(f"before {name}")))
        stage(data)
    folders["again"] = data
    return folders


QUICK = ("features",)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in STAGES]
)
def test_a_stage_that_is_killed_at_any_change_leaves_no_damage(
    before: dict[str, Path], tmp_path: Path, name: str
) -> None:
    def prepare() -> Path:
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        return Path(shutil.copytree(before[name], tmp_path / "data"))

    for data in kills(prepare, STAGES[name]):
        assert_no_damage(data)


@pytest.mark.long
def test_a_dataset_that_is_killed_while_it_replaces_another_leaves_no_damage(
    before: dict[str, Path], tmp_path: Path
) -> None:
    def prepare() -> Path:
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        data = Path(shutil.copytree(before["again"], tmp_path / "data"))
        crawl_tables.crawl(data / "p" / "crawl", photos=2, captions=2, first=50)
        return data

    for data in kills(prepare, built):
        assert_no_damage(data)


@pytest.mark.long
def test_a_run_of_all_stages_that_is_killed_at_any_moment_leaves_no_damage(tmp_path: Path) -> None:
    """By SIGKILL, some tenths of a second later each time, until the run comes to its end by itself."""
    config, data = tmp_path / "pipelines.yaml", tmp_path / "data"
    settings = {
        "crawl": {"embedded": {"photos": 12, "captions_per_photo": 2, "seed": 5}, "delay": 0},
        "features": {"weights": "random", "random": {"dimensions": 4}},
        "train": {"epochs": 3, "embedding": 4, "hidden": 4, "fused": False, "device": "cpu"},
    }
    config.write_text(yaml.safe_dump({"pipelines": {"p": settings}}))
    where = ["--pipeline", "p", "--config", str(config), "--data", str(data)]
    seconds, ended = 1.5, None
    while ended != 0:
        process = subprocess.Popen(
            [sys.executable, "-m", "commands.main", "run", *where],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            ended = process.wait(seconds)
            assert ended in (0, 1), "1: the crawl of the killed run still winds down"
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            time.sleep(1)  # its children end with it
        if data.exists() and any((data / "p").glob("*")):
            assert_no_damage(data)
        seconds += 0.7


def assert_no_damage(data: Path) -> None:
    problems = verify(data)
    assert exit_status(problems) == 0, [str(problem) for problem in problems]
