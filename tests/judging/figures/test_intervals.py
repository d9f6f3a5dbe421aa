"""Intervals: as wide as theory has them, by photo and by judge, whichever is wider."""

import numpy as np
import pytest

from judging.figures.davidson import Votes
from judging.figures.intervals import quantile, spread


def drawn(wins: int, losses: int, ties: int) -> Votes:
    outcome = np.repeat([1, -1, 0], [wins, losses, ties])
    zeros = np.zeros(len(outcome), np.int64)
    return Votes(zeros, zeros + 1, outcome, np.zeros((len(outcome), 0)))


def test_students_quantiles() -> None:
    """The table of every textbook."""
    for freedom, value in ((4, 2.776), (9, 2.262), (29, 2.045), (1000, 1.962)):
        assert quantile(freedom) == pytest.approx(value, abs=0.01)


def test_an_interval_of_independent_votes_is_as_wide_as_theory_says() -> None:
    """ln(w / l) of multinomial counts has the variance 1 / w + 1 / l (delta method)."""
    votes = drawn(120, 80, 60)
    photos = np.arange(260)
    found = spread(votes, 2, photos, np.zeros(260, np.int64)).difference(0, 1)
    assert found.value == pytest.approx(np.log(1.5), abs=1e-3)
    half = 1.96 * np.sqrt(1 / 120 + 1 / 80)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.1)
    assert found.tells


def test_judges_who_differ_widen_it() -> None:
    """Of ten judges six always vote for the one, four for the other: 26 votes each are not 260 opinions."""
    outcome = np.repeat([1] * 6 + [-1] * 4, 26)
    zeros = np.zeros(260, np.int64)
    votes = Votes(zeros, zeros + 1, outcome, np.zeros((260, 0)))
    judges = np.repeat(np.arange(10), 26)
    alone = spread(votes, 2, np.arange(260), zeros).difference(0, 1)
    both = spread(votes, 2, np.arange(260), judges).difference(0, 1)
    assert both.high - both.low > 4 * (alone.high - alone.low)
    assert alone.tells
    assert not both.tells


def test_few_of_both_tell_nothing() -> None:
    votes = drawn(3, 1, 0)
    found = spread(votes, 2, np.array([0, 1, 2, 3]), np.zeros(4, np.int64)).difference(0, 1)
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert not found.tells


def test_the_same_votes_have_the_same_interval() -> None:
    votes, photos = drawn(30, 20, 10), np.arange(60)
    found = [spread(votes, 2, photos, photos % 6).difference(0, 1) for _ in range(2)]
    assert found[0] == found[1]
