"""What runs of a sweep are called."""

from pathlib import Path

import pytest

from store.place import Place
from train.options import TrainOptions
from train.runs.names import LONGEST, Names, Said, word
from train.sweep.grid import Cell
from train.sweep.naming import name


def cell(place: Place, digits: str, **values: object) -> Cell:
    titled = {f"train.{key}": value for key, value in values.items()}
    return Cell(titled, TrainOptions(seed=1), place.runs / f"many-to-one-{digits}", digits + "0" * 8)


def called(place: Place, one: Cell) -> str | None:
    name(one, place)
    return Names.load(place.directory).of(one.run).name


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, "demo")
    place.directory.mkdir()
    return place


def test_a_run_is_called_by_its_settings(place: Place) -> None:
    one = cell(place, "0123abcd", hidden=64, clip=None, sampling="one-to-one")
    assert called(place, one) == "hidden 64, clip null, sampling one-to-one, seed 1"


def test_a_name_that_another_run_has_gets_its_digits(place: Place) -> None:
    assert called(place, cell(place, "0123abcd", hidden=64)) == "hidden 64, seed 1"
    assert called(place, cell(place, "4567abcd", hidden=64)) == "hidden 64, seed 1 (4567abcd)"
    assert called(place, cell(place, "0123abcd", hidden=64)) == "hidden 64, seed 1"


def test_a_long_one_is_cut_and_still_its_own(place: Place) -> None:
    long = {"hidden": 64, "embedding": 100, "learning_rate": 0.001, "dropout": 0.3, "layers": 2}
    names = {called(place, cell(place, digits, **long)) for digits in ("0123abcd", "4567abcd")}
    assert len(names) == 2
    for one in map(str, names):
        assert word(one, "a name") == one  # as `bokeru runs name` takes it
        assert len(one) <= LONGEST
        assert one.startswith("hidden 64, embedding 100")


def test_what_somebody_called_a_run_stays(place: Place) -> None:
    one = cell(place, "0123abcd", hidden=64)
    Names({one.run.name: Said("mine", tags=("good",))}).save(place.directory)
    assert called(place, one) == "mine"
    assert Names.load(place.directory).of(one.run).tags == ("good",)
