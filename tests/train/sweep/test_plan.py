"""How long a sweep may take, by runs whose times are written down by hand."""

import json
from pathlib import Path

import pytest
import yaml

from store.manifest import write_manifest
from tests.train import toy_training
from train.data import dataset_manifest
from train.model import Sizes
from train.options import TrainOptions
from train.sweep.grid import Folders, Grid, grid
from train.sweep.plan import fitting, multiplications, plan
from train.sweep.show import plan_lines

SIZES = {"vocabulary": 100, "vector": 24, "embedding": 10, "hidden": 20, "layers": 1, "injection": "first"}


@pytest.fixture
def folders(toy: toy_training.Toy, tmp_path: Path) -> Folders:
    return toy.dataset, toy.features, tmp_path / "demo" / "runs"


def timed(folders: Folders, name: str, seconds: float, **changed: object) -> None:
    """Write a complete run of 10 epochs that took so long."""
    dataset, features, runs = folders
    inputs = {"dataset": dataset_manifest(dataset)["fingerprint"], "features": features.name, **changed}
    (runs / name / "model").mkdir(parents=True)
    settings = {"train": {"sampling": inputs.pop("sampling", "many-to-one")}, "inputs": inputs}
    (runs / name / "settings.yaml").write_text(yaml.safe_dump(settings))
    (runs / name / "model" / "config.json").write_text(json.dumps({"sizes": SIZES}))
    write_manifest(runs / name, "train", name, epochs=10, seconds=seconds)


def planned(folders: Folders, **options: object) -> Grid:
    settings = {"embedding": 10, "hidden": 20, "epochs": 4, **options}

    def read(overrides: object) -> TrainOptions:
        (hidden,) = (int(text.removeprefix("train.hidden=")) for text in overrides)  # type: ignore[attr-defined]
        return toy_training.options(**settings | {"hidden": hidden})

    return grid({"train.hidden": (20, 40)}, read, 1, folders)


def test_a_token_meets_each_weight_once_and_the_photo_s_once_a_caption() -> None:
    # LSTM 80 x 10 and 80 x 20, output 100 x 20, photo 10 x 24 a caption of 12 tokens.
    assert multiplications(Sizes.model_validate(SIZES)) == 800 + 1600 + 2000 + 20
    # A second layer reads the first: 80 x 20 twice.
    two = Sizes.model_validate({**SIZES, "layers": 2})
    assert multiplications(two) == 800 + 1600 + 2000 + 20 + 2 * 1600


def test_an_epoch_takes_what_it_took_in_proportion_to_the_multiplications(folders: Folders) -> None:
    timed(folders, "a", seconds=30)
    found = plan(planned(folders), folders, jobs=2)
    small, large = found.runs
    assert (small.state, small.epochs_done, small.epochs, small.by) == ("new", 0, 4, "a")
    assert small.seconds == pytest.approx(4 * 3.0)
    # With 40 cells: 160 x 10, 160 x 40, 100 x 40, 10 x 24 / 12.
    assert large.seconds == pytest.approx(4 * 3.0 * (1600 + 6400 + 4000 + 20) / (800 + 1600 + 2000 + 20))
    assert found.seconds == large.seconds  # the longest of two that are trained at once
    alone = plan(planned(folders), folders, jobs=1)
    assert alone.seconds == pytest.approx((small.seconds or 0) + (large.seconds or 0))


def test_a_run_that_was_begun_takes_what_is_left(folders: Folders) -> None:
    timed(folders, "a", seconds=30)
    cells = planned(folders)
    cells.cells[0].run.mkdir()
    (cells.cells[0].run / "log.jsonl").write_text('{"epoch": 1}\n{"epoch": 2}\n{"epoch": 3}\n')
    run, _ = plan(cells, folders, jobs=1).runs
    assert (run.state, run.epochs_done) == ("begun", 3)
    assert run.seconds == pytest.approx(3.0)


@pytest.mark.parametrize(
    "other", [{"dataset": "another"}, {"features": "another"}, {"sampling": "one-to-one"}]
)
def test_a_run_of_other_data_or_sampling_tells_nothing(folders: Folders, other: dict[str, str]) -> None:
    timed(folders, "a", 30, **other)
    found = plan(planned(folders), folders, jobs=1)
    assert [run.seconds for run in found.runs] == [None, None]
    assert found.seconds is None
    assert "not known" in list(plan_lines(found))[-1]


def test_lines_say_each_run_and_all(folders: Folders) -> None:
    timed(folders, "a", seconds=300)
    lines = list(plan_lines(plan(planned(folders), folders, jobs=1)))
    assert lines[0] == "hidden 20, seed 0: 4 epochs, about 0:02:00"
    assert lines[-1] == "2 runs, 2 to train, 1 at a time: about 0:07:26, by the time that a took"


def test_as_many_runs_fit_as_there_are_cores_for(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.sweep.plan.cores", lambda: 8)
    assert fitting(planned(folders), folders[0]) == 2  # no more than there are
    monkeypatch.setattr("train.sweep.plan.cores", lambda: 1)
    assert fitting(planned(folders), folders[0]) == 1
    monkeypatch.setattr("train.sweep.plan.cores", lambda: 3)
    assert fitting(planned(folders, threads=2), folders[0]) == 1
    monkeypatch.setattr("train.sweep.plan.cores", lambda: 4)
    assert fitting(planned(folders, threads=2), folders[0]) == 2
