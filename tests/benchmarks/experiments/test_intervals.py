"""Intervals over seeds, and over seeds and photos."""

import numpy as np
import pytest

from benchmarks.experiments.intervals import over_seeds, over_seeds_and_photos


def test_an_interval_over_seeds_is_students() -> None:
    """By hand: 1 to 5 have the deviation sqrt(2.5), so half of it is 2.776 sqrt(2.5 / 5) = 1.963."""
    found = over_seeds([1, 2, 3, 4, 5])
    assert found.value == 3
    assert (found.low, found.high) == pytest.approx((1.037, 4.963), abs=0.001)
    assert str(found) == "+3.000 [+1.037, +4.963]"


def test_one_seed_has_no_interval() -> None:
    assert str(over_seeds([0.25])) == "+0.250"


def ratios(values: list[list[float]]) -> np.ndarray:
    """Return numerators of these values, and denominators of 1."""
    return np.stack([np.array(values), np.ones_like(values)])


def test_what_is_the_same_for_every_photo_and_seed_has_no_spread() -> None:
    found = over_seeds_and_photos(ratios([[3.0] * 4] * 2), ratios([[1.0] * 4] * 2))
    assert (found.value, found.low, found.high) == (2, 2, 2)


def test_photos_with_more_tokens_weigh_more() -> None:
    """(1 + 5) / (1 + 9) of one, 0.25 of the other."""
    one = np.array([[[1.0, 5.0]], [[1.0, 9.0]]])
    assert over_seeds_and_photos(one, ratios([[0.25, 0.25]])).value == pytest.approx(0.35)


def test_photos_that_are_hard_for_both_cancel() -> None:
    hard = np.random.default_rng(0).normal(0, 100, 50)
    found = over_seeds_and_photos(ratios([(hard + 1).tolist()]), ratios([hard.tolist()]))
    assert (found.low, found.high) == pytest.approx((1, 1))


def test_seeds_and_photos_both_widen_the_interval() -> None:
    """Of means of n values with deviation s the interval is about 2 x 1.96 s / sqrt(n) wide."""
    random = np.random.default_rng(1)
    photos = random.normal(0, 1, 400)
    by_photo = over_seeds_and_photos(ratios([photos.tolist()] * 2), ratios([[0.0] * 400] * 2))
    assert by_photo.low is not None
    assert by_photo.high is not None
    assert by_photo.high - by_photo.low == pytest.approx(2 * 1.96 / 20, rel=0.1)
    seeds = random.normal(0, 1, 100)
    by_seed = over_seeds_and_photos(ratios([[seed] * 3 for seed in seeds]), ratios([[0.0] * 3] * 100))
    assert by_seed.low is not None
    assert by_seed.high is not None
    assert by_seed.high - by_seed.low == pytest.approx(2 * 1.96 * seeds.std() / 10, rel=0.15)
