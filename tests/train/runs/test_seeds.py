"""Runs over seeds: means and intervals against an independent implementation of Student's t."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from store.errors import DamagedFile
from store.whole_file import write_json, write_whole
from tests.train import toy_training
from train.runs.seeds import alike, logged, of_seeds, over_seeds, pool, pooled, student_t


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 9, 10, 29, 100])
def test_student_t_is_that_of_scipy(freedom: int) -> None:
    assert student_t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-7)


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_the_interval_is_that_of_scipy(count: int) -> None:
    values = np.random.default_rng(count).normal(3, 0.5, count).tolist()
    low, high = stats.t.interval(0.95, count - 1, np.mean(values), stats.sem(values))
    found = pooled(values)
    assert found.seeds == count
    assert [found.mean, found.low, found.high] == pytest.approx([np.mean(values), low, high])


def test_one_seed_has_no_interval() -> None:
    found = pooled([2.5])
    assert (found.mean, found.low, found.high) == (2.5, None, None)


def test_five_of_a_hundred_intervals_miss_the_mean_over_all_seeds() -> None:
    random = np.random.default_rng(0)
    trials = [pooled(random.normal(1, 2, 5).tolist()) for _ in range(2000)]
    held = [
        found.low <= 1 <= found.high for found in trials if found.low is not None and found.high is not None
    ]
    assert abs(np.mean(held) - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 2000)


def test_figures_that_a_run_does_not_have_are_not_pooled() -> None:
    runs: list[dict[str, Any]] = [
        {"nll": 2.0, "names": None, "captions": 10, "intervals": {}, "own": 1.0},
        {"nll": 3.0, "names": 0.5, "captions": 10, "intervals": {}},
    ]
    found = pool(runs)
    assert {name: each.mean for name, each in found.items()} == {"nll": 2.5, "captions": 10}


def made(folder: Path, seed: int, nll: float, dataset: str = "a", **train: object) -> Path:
    """Return a run's folder that says so much of it."""
    folder.mkdir()
    settings = {"train": {"seed": seed, "epochs": 3, "device": "cpu", **train}}
    write_whole(folder / "settings.yaml", json.dumps(settings))
    write_json(folder / "manifest.json", {"fingerprint": folder.name, "dataset": dataset, "features": "f"})
    write_json(folder / "evaluation.json", {"fingerprint": "x", "dev": {"nll": nll}, "train": {"nll": 9.0}})
    return folder


def test_runs_that_differ_by_their_seed_alone_are_found(tmp_path: Path) -> None:
    runs = [
        made(tmp_path / "third", 12, 4.0),
        made(tmp_path / "other dataset", 3, 50.0, dataset="b"),
        made(tmp_path / "first", 2, 1.0),
        made(tmp_path / "longer", 4, 60.0, epochs=4),
        made(tmp_path / "second", 10, 1.0, device="@cupy:0"),  # where it was made changes nothing
        made(tmp_path / "not evaluated", 5, 70.0),
    ]
    (runs[-1] / "evaluation.json").unlink()
    (found,) = over_seeds(runs, "dev")
    assert found.runs == ("first", "second", "third")
    # By hand: mean 2, deviation sqrt(3), t(2) = 4.3027, so 4.3027 sqrt(3) / sqrt(3) either way.
    assert [found.figures["nll"].mean, found.figures["nll"].low] == pytest.approx([2.0, 2 - 4.3027], abs=1e-4)
    assert over_seeds(runs, "train")[0].figures["nll"].mean == 9
    assert over_seeds(runs[1:4], "dev") == []
    assert [[run.name for run in each] for each in alike(runs)] == [
        ["first", "not evaluated", "second", "third"]
    ]


def test_runs_of_one_seed_differ_by_what_no_setting_says(tmp_path: Path) -> None:
    runs = [made(tmp_path / name, seed, 1.0) for name, seed in (("plain", 0), ("variant", 0), ("next", 1))]
    assert over_seeds(runs, "dev") == []
    assert len(over_seeds(runs[1:], "dev")) == 1


def test_settings_that_say_nothing_are_damage(tmp_path: Path) -> None:
    run = made(tmp_path / "run", 0, 1.0)
    write_whole(run / "settings.yaml", "train: [seed]")
    with pytest.raises(DamagedFile, match=r"settings\.yaml"):
        over_seeds([run], "dev")


def test_seeds_follow_one_another() -> None:
    options = toy_training.options(seed=7, hidden=9)
    found = list(of_seeds(options, 3))
    assert [each.seed for each in found] == [7, 8, 9]
    assert found[0] == options
    assert all(each.model_copy(update={"seed": 7}) == options for each in found)


def test_what_was_learned_is_the_end_and_the_best_epoch(tmp_path: Path) -> None:
    lines = [
        '{"epoch": 1, "loss": 3.0, "dev_loss": 3.1, "dev_known_loss": 2.9}',
        '{"epoch": 2, "loss": 2.0, "dev_loss": 3.2, "dev_known_loss": 2.5}',
        '{"epoch": 3, "loss": 1.0, "dev_loss": null, "dev_known_loss": null}',
    ]
    write_whole(tmp_path / "log.jsonl", "\n".join(lines))
    expected = {"last loss": 1.0, "best epoch": 2, "best dev_loss": 3.2, "best dev_known_loss": 2.5}
    assert logged(tmp_path) == expected
