"""In which settings runs differ."""

from pathlib import Path

import pytest

from store.place import Place
from tests.train.lineage.runs import RANDOM, write_old_run, write_run
from train.runs.differ import differing, told


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, "demo")


def test_data_and_vectors_stand_before_training(place: Place) -> None:
    runs = [
        write_run(place, "a", 2.0),
        write_run(
            place, "b", 2.0, key=RANDOM, dataset={"tokenizer": "characters"}, train={"hidden": 9}, built="f"
        ),
    ]
    assert differing([told(run) for run in runs]) == {
        "dataset.tokenizer": ["unidic-lite", "characters"],
        "features.weights": ["untrained", "random"],
        "inputs.dataset": ["0123456789abcdef", "f"],
        "inputs.features": ["untrained-fc7-00000000", RANDOM],
        "train.hidden": [100, 9],
    }


def test_what_an_old_run_does_not_tell_is_no_difference(place: Place) -> None:
    runs = [write_old_run(place, "old", 2.0), write_run(place, "new", 2.0, dataset={"min_stars": 3})]
    assert not [name for name in differing([told(run) for run in runs]) if name.startswith("dataset.")]


def test_a_setting_that_one_of_them_lacks_is_one() -> None:
    assert differing([{"train.a": 1, "train.b": 2}, {"train.a": 1}]) == {"train.b": [2, None]}


def test_runs_of_the_same_settings_differ_in_none(place: Place) -> None:
    assert differing([told(write_run(place, name, 2.0)) for name in ("a", "b")]) == {}
