"""How many votes it takes: numbers worked by hand, and those that were found elsewhere."""

import pytest

from judging.figures.plan import plan
from store.errors import UsageError


def test_votes_for_a_preference() -> None:
    """ln 1.5 = 0.4055; ((1.95996 + 0.84162) / 0.4055)² / 0.24 = 198.9; without the 28% for neither 276.3."""
    (found,) = plan("prefer", 0.28, [0.6])
    assert found.votes == 277
    assert plan("prefer", 0.0, [0.6])[0].votes == 199


def test_answers_that_tell_35_percent_from_chance() -> None:
    """(1.95996 × 0.4 + 0.84162 × 0.47697)² / 0.15² = 62.5: 62 by choices made elsewhere, rounded up here."""
    (found,) = plan("match", 0.0, [0.35])
    assert (found.votes, found.chance) == (63, 0.2)


def test_the_farther_the_fewer() -> None:
    votes = [each.votes for each in plan("prefer", 0.28)]
    assert votes == sorted(votes, reverse=True)


@pytest.mark.parametrize(("task", "share"), [("prefer", 0.5), ("prefer", 1.0), ("match", 0.2)])
def test_chance_cannot_be_told_from_itself(task: str, share: float) -> None:
    with pytest.raises(UsageError, match="cannot be told from chance"):
        plan(task, 0.28, [share])  # type: ignore[arg-type]


def test_somebody_has_to_choose() -> None:
    with pytest.raises(UsageError, match="none chooses"):
        plan("prefer", 1.0, [0.6])
