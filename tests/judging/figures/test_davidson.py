"""Davidson's model against what follows by hand for one pair, and against evalica for several."""

import math

import numpy as np
import pytest

from judging.figures.davidson import Votes, fit


def votes(*counted: tuple[int, int, int, int]) -> Votes:
    """Return votes from tuples of first, second, outcome and how many."""
    rows = np.array([row[:3] for row in counted for _ in range(row[3])])
    return Votes(rows[:, 0], rows[:, 1], rows[:, 2], np.zeros((len(rows), 0)))


def test_one_pair_has_a_solution_in_one_line() -> None:
    """With as many parameters as free shares the fit is exact: exp(d) = wins / losses, ν = ties / √(w l)."""
    found = fit(votes((0, 1, 1, 90), (0, 1, -1, 40), (0, 1, 0, 50)), 2)
    assert found.difference(0, 1)[0] == pytest.approx(math.log(90 / 40), abs=1e-3)
    assert found.ties[0] == pytest.approx(50 / math.sqrt(90 * 40), abs=1e-3)


def test_which_of_the_two_is_named_first_does_not_matter() -> None:
    one = fit(votes((0, 1, 1, 30), (0, 1, -1, 20), (0, 1, 0, 10)), 2)
    other = fit(votes((1, 0, -1, 30), (1, 0, 1, 20), (1, 0, 0, 10)), 2)
    assert one.difference(0, 1)[0] == pytest.approx(other.difference(0, 1)[0], abs=1e-9)


def test_weights_count_votes_several_times() -> None:
    counted = votes((0, 1, 1, 3), (0, 1, -1, 2), (0, 1, 0, 1))
    weights = np.array([[10.0, 10, 10, 5, 5, 20], [1.0, 0, 1, 1, 1, 1]])
    found = fit(counted, 2, weights)
    assert found.difference(0, 1) == pytest.approx([math.log(30 / 10), 0.0], abs=1e-2)


def test_who_wins_every_vote_stays_finite() -> None:
    found = fit(votes((0, 1, 1, 20)), 2)
    assert 3 < found.difference(0, 1)[0] < 30


def test_several_systems_are_as_evalica_has_them() -> None:
    """Newman 2023 fits the same likelihood another way."""
    evalica = pytest.importorskip("evalica")
    generator = np.random.default_rng(5)
    strengths, nu, rows, won = np.array([0.0, 0.4, -0.3, 1.0]), 0.7, [], []
    names = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}
    for _ in range(3000):
        first, second = generator.choice(4, 2, replace=False)
        share = np.exp(np.array([1, -1]) * (strengths[first] - strengths[second]) / 2)
        outcome = generator.choice([1, -1, 0], p=np.array([*share, nu]) / (share.sum() + nu))
        rows.append((int(first), int(second), int(outcome), 1))
        won.append(names[int(outcome)])
    theirs = evalica.newman([r[0] for r in rows], [r[1] for r in rows], won, tolerance=1e-10, limit=10_000)
    ours = fit(votes(*rows), 4)
    logs = np.log([theirs.scores[number] for number in range(4)])
    assert ours.strengths[0] - ours.strengths[0].mean() == pytest.approx(logs - logs.mean(), abs=1e-3)


def test_a_covariate_takes_what_it_explains() -> None:
    """Every vote goes to the longer caption three times in four, and the first system's is longer in 8 of 10:
    raw it is ahead, at equal length nobody is. Shares by hand: ln 3 is what length adds.
    """
    rows = [(1.0, 1)] * 60 + [(1.0, -1)] * 20 + [(-1.0, 1)] * 5 + [(-1.0, -1)] * 15
    outcome, longer = np.array([row[1] for row in rows]), np.array([[row[0]] for row in rows])
    zeros, ones = np.zeros(100, np.int64), np.ones(100, np.int64)
    raw = fit(Votes(zeros, ones, outcome, longer[:, :0]), 2)
    adjusted = fit(Votes(zeros, ones, outcome, longer), 2)
    assert raw.difference(0, 1)[0] == pytest.approx(math.log(65 / 35), abs=1e-2)
    assert adjusted.difference(0, 1)[0] == pytest.approx(0, abs=1e-2)
    assert adjusted.effects[0, 0] == pytest.approx(math.log(3), abs=1e-2)
