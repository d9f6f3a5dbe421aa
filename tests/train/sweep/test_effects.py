"""What a setting does, against numbers worked by hand, SciPy, and truths that are drawn around."""

import math

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from train.sweep.effects import effects

BOTH = {"train.hidden": (64, 128), "train.dropout": (0, 0.3)}


def test_an_effect_is_the_mean_over_pairs_of_each_seed() -> None:
    """Two seeds: by hidden, rows; by dropout, columns."""
    losses = np.array([[[3.0, 2.8], [2.6, 2.5]], [[3.2, 2.9], [2.9, 2.7]]])
    by_name = {found.setting: found for found in effects(BOTH, losses)}
    hidden = by_name["train.hidden"]
    # Seed 0: -0.4 and -0.3, mean -0.35; seed 1: -0.3 and -0.2, mean -0.25. Mean -0.3, deviation
    # 0.1 / sqrt(2), so the half is t(1) 0.1 / sqrt(2) / sqrt(2) = 12.7062 x 0.05.
    assert (hidden.base, hidden.value, hidden.pairs, hidden.seeds, hidden.why) == (64, 128, 4, 2, None)
    half = 12.7062 * 0.05
    assert [hidden.difference, hidden.low, hidden.high] == pytest.approx(
        [-0.3, -0.3 - half, -0.3 + half], abs=1e-4
    )
    # Seed 0: -0.2 and -0.1; seed 1: -0.3 and -0.2.
    assert by_name["train.dropout"].difference == pytest.approx(-0.2)


def test_the_largest_difference_is_first_and_each_value_is_beside_the_first_one() -> None:
    axes = {"train.dropout": (0, 0.3), "train.hidden": (8, 16, 32)}
    losses = np.array([[[3.0, 2.0, 1.0], [3.1, 2.1, 1.1]]])
    found = effects(axes, losses)
    assert [(one.setting, one.base, one.value) for one in found] == [
        ("train.hidden", 8, 32),
        ("train.hidden", 8, 16),
        ("train.dropout", 0, 0.3),
    ]
    assert [one.difference for one in found] == pytest.approx([-2.0, -1.0, 0.1])


def test_one_seed_has_no_interval_and_says_so() -> None:
    (found, *_) = effects(BOTH, np.array([[[3.0, 2.0], [2.0, 1.0]]]))
    assert (found.low, found.high, found.seeds, found.pairs) == (None, None, 1, 2)
    assert "--seeds 3" in str(found.why)


def test_a_setting_of_one_value_has_no_effect_and_says_so() -> None:
    (_, found) = effects({"train.hidden": (8, 9), "train.epochs": (3,)}, np.ones((2, 2, 1)))
    assert (found.setting, found.difference, found.why) == (
        "train.epochs",
        None,
        "it has one value in this sweep",
    )


def test_losses_of_other_captions_are_not_compared() -> None:
    by_name = {
        found.setting: found
        for found in effects({"train.max_tokens": (9, 50), "train.hidden": (8, 9)}, np.ones((2, 2, 2)))
    }
    assert by_name["train.max_tokens"].difference is None
    assert "other captions" in str(by_name["train.max_tokens"].why)
    assert by_name["train.hidden"].difference == 0


def test_a_run_that_failed_takes_its_combination_out() -> None:
    losses = np.array([[[3.0, 2.0], [2.0, 1.5]], [[3.0, 2.0], [2.5, np.nan]]])
    hidden, dropout = sorted(effects(BOTH, losses), key=lambda one: one.setting, reverse=True)
    # With dropout 0 alone: -1.0 and -0.5. With hidden 64 alone: -1.0 twice.
    assert [hidden.difference, dropout.difference] == pytest.approx([-0.75, -1.0])
    assert (hidden.pairs, dropout.pairs) == (2, 2)


def test_without_a_whole_pair_nothing_is_said() -> None:
    for found in effects(BOTH, np.full((2, 2, 2), np.nan)):
        assert (found.difference, found.low, found.high, found.pairs) == (None, None, None, 0)
        assert "dev loss" in str(found.why)


def test_five_of_a_hundred_intervals_miss_the_effect_though_a_seed_moves_many_runs_alike() -> None:
    """With the pairs as a sample of their own far more than five would."""
    random, trials, seeds = np.random.default_rng(0), 800, 4
    held = naive = 0
    for _ in range(trials):
        losses = random.normal(0, 0.02, (seeds, 2, 3)) + np.array([2.0, 2.1, 2.3])
        losses[:, 1] += -0.05 + np.array([0.0, 0.01, -0.01])  # the effect, and how combinations differ in it
        losses[:, 1] += random.normal(0, 0.05, (seeds, 1))  # what a seed does to all runs with that value
        found = next(one for one in effects({"a": (0, 1), "b": (0, 1, 2)}, losses) if one.setting == "a")
        assert found.low is not None
        assert found.high is not None
        held += found.low <= -0.05 <= found.high
        pairs = (losses[:, 1] - losses[:, 0]).ravel()
        low, high = stats.t.interval(0.95, pairs.size - 1, pairs.mean(), stats.sem(pairs))
        naive += low <= -0.05 <= high
    assert abs(held / trials - 0.95) < 3 * math.sqrt(0.95 * 0.05 / trials)
    assert naive / trials < 0.85
