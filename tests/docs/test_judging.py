"""The rates in docs/judging.md are those of the code, by the binomial distribution."""

import re
from math import comb
from pathlib import Path

import pytest

from judging.figures.agreement import Share, careless, prefers_a_side

TEXT = (Path(__file__).parents[2] / "docs" / "judging.md").read_text()


def rates(start: str) -> list[float]:
    """Return the rates of the row that starts so."""
    (row,) = re.findall(rf"^\| {re.escape(start)}.*\| ([^|]+) \|$", TEXT, re.M)
    return [float(each.rstrip("%")) / 100 for each in row.split(", ")]


def chance(count: int, of: int, share: float) -> float:
    return float(comb(of, count) * share**count * (1 - share) ** (of - count))


@pytest.mark.parametrize(("start", "miss"), [("a judge who chooses", 2 / 3), ("a judge who misses", 0.05)])
def test_how_often_a_judge_is_called_careless(start: str, miss: float) -> None:
    expected = [
        sum(chance(count, of, miss) for count in range(of + 1) if careless({"j": Share(count, of)}))
        for of in (4, 8, 20)
    ]
    assert rates(start) == pytest.approx(expected, abs=0.005)


def test_how_often_a_side_is_named() -> None:
    expected = [
        sum(chance(left, 216, share) for left in range(217) if prefers_a_side(left, 216))
        for share in (0.5, 0.6, 0.69)
    ]
    assert rates("a preference for the left") == pytest.approx(expected, abs=0.005)
