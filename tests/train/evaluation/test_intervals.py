"""Figures from sums over photos, and their intervals: held to theory, and to SciPy's bootstrap."""

from typing import Any

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from store.schema import EVALUATED
from train.evaluation.intervals import FIGURES, Estimate, differences, estimates
from train.model import Array

NAMES = EVALUATED.names[2:]


def columns(photos: int, **given: Any) -> dict[str, Array]:
    none = dict.fromkeys(NAMES, np.full(photos, np.nan))
    return none | {name: np.asarray(values, float) for name, values in given.items()}


def test_a_loss_is_of_all_tokens_not_a_mean_of_photos() -> None:
    found = estimates(
        columns(2, nats=[2, 30], tokens=[1, 9], unknown=[0, 2], unknown_nats=[0, 25], captions=[1, 1])
    )
    assert found["nll"].value == pytest.approx(32 / 10)
    assert found["perplexity"].value == pytest.approx(np.exp(3.2))
    assert found["unknown"].value == pytest.approx(2 / 10)
    assert found["nll_known"].value == pytest.approx((32 - 25) / 8)
    assert found["nll"].photos == 2


def test_what_another_photo_costs_is_of_the_same_captions() -> None:
    found = estimates(
        columns(
            3,
            nats=[5, 7, 9],
            tokens=[2, 2, 2],
            compared_nats=[5, np.nan, 9],
            compared_tokens=[2, np.nan, 2],
            compared_unknown=[1, np.nan, 0],
            shuffled_nats=[8, np.nan, 10],
            shuffled_unknown_nats=[6, np.nan, 0],
        )
    )
    assert found["other_photo_nats"].value == pytest.approx((3 + 1) / 4)
    assert found["shuffled_nll"].value == pytest.approx(18 / 4)
    assert found["shuffled_nll_known"].value == pytest.approx((18 - 6) / 3)
    assert found["other_photo_nats"].photos == 2


def test_recall_counts_ranks_from_one() -> None:
    found = estimates(columns(5, rank=[1, 5, 6, 100, np.nan], rank_pmi=[1, 1.5, 2, 10, np.nan]))
    assert [found[f"recall@{k}"].value for k in (1, 5, 10)] == [1 / 4, 2 / 4, 3 / 4]
    assert [found[f"recall_pmi@{k}"].value for k in (1, 5, 10)] == [1 / 4, 3 / 4, 1]


def test_what_was_not_measured_has_neither_value_nor_interval() -> None:
    for photos in (0, 4):
        found = estimates(columns(photos))
        assert set(found) == set(FIGURES)
        assert {estimate.value for estimate in found.values()} == {None}
        assert found["nll"] == Estimate(None, None, None, 0)
    assert estimates(columns(3, names=[np.nan, 1, np.nan]))["names"] == Estimate(1, None, None, 1)


def test_the_interval_of_a_share_is_what_theory_says() -> None:
    photos = 400
    found = estimates(columns(photos, names=np.arange(photos) < 100))["names"]
    half = 1.96 * np.sqrt(0.25 * 0.75 / photos)
    assert found.value == 0.25
    assert found.low == pytest.approx(0.25 - half, abs=0.006)
    assert found.high == pytest.approx(0.25 + half, abs=0.006)


def test_the_interval_of_a_ratio_is_scipy_s() -> None:
    random = np.random.default_rng(3)
    tokens = random.integers(2, 60, 150).astype(float)
    nats = tokens * random.gamma(4, 0.6, 150)
    found = estimates(columns(150, nats=nats, tokens=tokens))["nll"]
    right = stats.bootstrap(
        (nats, tokens),
        lambda n, t, axis=-1: n.sum(axis) / t.sum(axis),
        paired=True,
        n_resamples=9999,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    width = right.high - right.low
    assert found.low == pytest.approx(right.low, abs=0.08 * width)
    assert found.high == pytest.approx(right.high, abs=0.08 * width)


def test_nearly_95_of_100_intervals_hold_the_truth() -> None:
    random, held = np.random.default_rng(5), 0
    for _ in range(80):
        tokens = random.integers(2, 30, 80).astype(float)
        found = estimates(columns(80, nats=tokens * random.gamma(2, 1.5, 80), tokens=tokens))["nll"]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 3 <= found.high
    assert held >= 68  # 76 on average; 68 is four deviations below


def test_a_difference_is_paired_by_photo() -> None:
    random = np.random.default_rng(1)
    hard = random.normal(5, 3, 200)  # how hard a photo is, for either model
    one, other = (columns(200, nats=hard + shift, tokens=np.ones(200)) for shift in (0.5, 0.3))
    found = differences(one, other)["nll"]
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))
    apart = estimates(one)["nll"]
    assert apart.low is not None
    assert apart.high is not None
    assert apart.high - apart.low > 0.6


def test_a_difference_is_of_the_photos_that_both_measured() -> None:
    one = columns(3, names=[1, 0, np.nan], nats=[1, 1, 1], tokens=[1, 1, 1])
    other = columns(3, names=[0, np.nan, 1], nats=[1, 1, 1], tokens=[1, 1, 1])
    found = differences(one, other)
    assert found["names"] == Estimate(1, None, None, 1)
    assert found["nll"] == Estimate(0, 0, 0, 3)
    assert found["rouge_l"] == Estimate(None, None, None, 0)


def test_the_same_photos_give_the_same_interval() -> None:
    names = np.random.default_rng(0).random(5000) < 0.3
    first, second = (estimates(columns(5000, names=names)) for _ in range(2))
    assert first == second
