"""Which runs a sweep has: values as people write them, and what cannot be swept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from store.errors import MissingStage, UsageError
from store.text.settings import read_settings
from tests.train import toy_training
from train.options import TrainOptions
from train.runs.identity import place_of
from train.sweep.grid import Grid, grid, split


def read(overrides: Sequence[str]) -> TrainOptions:
    """Return the settings, read as `pipelines.load` reads them."""
    given = (override.partition("=") for override in overrides)
    return toy_training.options(
        **{name.removeprefix("train."): read_settings(text) for name, _, text in given}
    )


def made(toy: toy_training.Toy, *overrides: str, seeds: int = 1) -> Grid:
    axes, _ = split(overrides)
    return grid(axes, read, seeds, (toy.dataset, toy.features, toy.runs))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("64,128", (64, 128)),
        ("64", (64,)),
        ("0,0.3", (0, 0.3)),
        ("1e-3, 5e-4", (0.001, 0.0005)),
        ("null,5", (None, 5)),
        ("one-to-one,many-to-one", ("one-to-one", "many-to-one")),
        ("true,false", (True, False)),
        ("[a,b]", (["a", "b"],)),
        ("[a,b],[]", (["a", "b"], [])),
        ("'a,b',c", ("a,b", "c")),
        ("", (None,)),
    ],
)
def test_values_are_written_as_in_a_list_of_yaml(text: str, values: tuple[Any, ...]) -> None:
    axes, fixed = split([f"train.clip={text}"])
    assert (axes, fixed) == ({"train.clip": values}, [])


def test_what_has_one_value_and_is_not_of_training_holds_for_all_runs() -> None:
    given = [
        "features.weights=random",
        "dataset.exclude_categories=[a,b]",
        "train.seed=4",
        "train.device=cpu",
    ]
    assert split([*given, "train.hidden=8,9"]) == ({"train.hidden": (8, 9)}, given)


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("features.weights=random,untrained", "other data: that takes a pipeline each"),
        ("dataset.min_stars=1,2", "other data"),
        ("train.seed=1,2", "--seeds N"),
        ("train.device=cpu,cuda:0", "where a run is made"),
        ("train.ranker=true,false", "all values make one run"),
        ("train.hidden=64,[", "no list of values"),
        ("train.hidden=64], [128", "no list of values"),
    ],
)
def test_what_cannot_be_swept_is_refused_with_the_reason(override: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        split([override])


def test_what_only_its_own_stage_can_read_stays_as_it_is_written() -> None:
    assert split(["dataset.where=]"]) == ({}, ["dataset.where=]"])


def test_every_combination_is_there_once_before_any_is_there_twice(toy: toy_training.Toy) -> None:
    found = made(toy, "train.hidden=8,16", "train.dropout=0,0.3", "train.seed=5", seeds=2)
    assert found.seeds == (0, 1)  # `read` knows nothing of what holds for all runs
    assert [cell.title for cell in found.cells] == [
        "hidden 8, dropout 0, seed 0",
        "hidden 8, dropout 0.3, seed 0",
        "hidden 16, dropout 0, seed 0",
        "hidden 16, dropout 0.3, seed 0",
        "hidden 8, dropout 0, seed 1",
        "hidden 8, dropout 0.3, seed 1",
        "hidden 16, dropout 0, seed 1",
        "hidden 16, dropout 0.3, seed 1",
    ]
    last = found.cells[-1]
    assert last.options == toy_training.options(hidden=16, dropout=0.3, seed=1)
    # The run is that of `bokeru train` with these settings.
    assert (last.run, last.fingerprint) == place_of(last.options, toy.dataset, toy.features, toy.runs)


@pytest.mark.parametrize("text", ["8,8", "0,0.0"])
def test_a_value_that_is_given_twice_is_refused(toy: toy_training.Toy, text: str) -> None:
    name = "train.hidden" if text == "8,8" else "train.weight_decay"
    with pytest.raises(UsageError, match="these make the same run"):
        made(toy, f"{name}={text}")


def test_one_run_is_no_sweep(toy: toy_training.Toy) -> None:
    with pytest.raises(UsageError, match=r"--set train\.hidden=64,128, or --seeds N"):
        made(toy, "train.hidden=8")
    assert [cell.title for cell in made(toy, seeds=2).cells] == ["seed 0", "seed 1"]


def test_a_grid_needs_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(MissingStage):
        grid({"train.hidden": (8, 9)}, read, 1, (tmp_path / "d", tmp_path / "f", tmp_path / "runs"))
