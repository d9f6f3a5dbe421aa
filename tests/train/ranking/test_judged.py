"""Shares of pairs, intervals and calibration, worked out by hand."""

import numpy as np
import pytest

from tests.train.ranking import taste
from train.ranking.judged import calibration, interval, judged


def test_accuracy_is_the_share_of_pairs_that_are_right() -> None:
    """Each photo has two pairs: its favourite above the one without stars, and above "c" with one."""
    captions = taste.captions(2)
    found = judged(captions, {"first": np.array([3.0, 2, 1, 3, 2, 1]), "same": np.zeros(6)})
    assert (found["pairs"], found["photos"]) == (4, 2)
    # Photo 0 likes its first: 2 of 2. Photo 1 likes its second, which scores under the first: 1 of 2.
    assert found["first"]["accuracy"] == 3 / 4
    assert found["same"]["accuracy"] == 1 / 2


def test_without_pairs_there_is_no_accuracy() -> None:
    found = judged(taste.captions(0), {"any": np.zeros(0)})
    assert found == {"pairs": 0, "photos": 0, "any": {"accuracy": None, "interval": None}}


def test_the_interval_is_that_of_a_mean_over_photos() -> None:
    """100 photos with a pair each, half of them right: by the binomial's normal limit 0.5 ± 1.96 * 0.05."""
    sums = np.stack([np.arange(100) % 2, np.ones(100)], axis=1)
    assert interval(sums) == pytest.approx([0.5 - 0.098, 0.5 + 0.098], abs=0.015)
    assert interval(np.ones((10, 2))) == [1, 1]


def test_calibration_compares_what_is_said_with_what_is() -> None:
    """Scores that differ by ln 3 say 3/4; 15 of 20 such pairs are right."""
    scores = np.array([0, np.log(3)])
    pairs = np.array([[1, 0]] * 15 + [[0, 1]] * 5)
    found = calibration(scores, pairs)
    assert sum(one["pairs"] for one in found) == 20
    assert [one["says"] for one in found] == pytest.approx([0.75] * 10)
    assert sum(one["pairs"] * one["is"] for one in found) == 15
