"""What a map is coloured by, worked out by hand."""

import numpy as np
import pytest

from web.content.map.colourings import COLOURS, by_score, by_value


def groups(colouring: object) -> list[tuple[int, str | None, int]]:
    return [(each.number, each.label, each.count) for each in colouring.groups]  # type: ignore[attr-defined]


def test_the_most_frequent_come_first_and_of_equal_ones_the_lesser() -> None:
    found = by_value(["b", "a", None, "c", "a", "b", "a"])
    assert groups(found) == [(1, "a", 3), (2, "b", 2), (3, "c", 1), (0, None, 1)]
    assert found.of == [2, 1, 0, 3, 1, 2, 1]
    assert found.distinct == 3
    assert found.largest == pytest.approx(3 / 7)
    assert [each.first for each in found.groups] == [(1, 4, 6), (0, 5), (3,), (2,)]


def test_what_all_say_has_one_colour() -> None:
    found = by_value(["犬"] * 5)
    assert groups(found) == [(1, "犬", 5)]
    assert found.largest == 1.0


def test_more_than_there_are_colours_share_one() -> None:
    found = by_value([letter for number, letter in enumerate("abcdefghi") for _ in range(9 - number)])
    assert len(found.groups) == COLOURS + 1
    assert groups(found)[-1] == (0, None, 2 + 1)
    assert found.distinct == 9


def test_nothing_has_no_colour() -> None:
    assert groups(by_value([None, None])) == [(0, None, 2)]
    assert by_value([]).largest == 0.0
    assert groups(by_value([])) == []


def test_scores_are_cut_into_fifths() -> None:
    """Ten values, two in each fifth: the edges are the quantiles 1, 2.8, 4.6, 6.4, 8.2 and 10."""
    values = np.array([10, 1, 2, 3, 4, 5, 6, 7, 8, 9, np.nan], np.float32)
    found = by_score(values)
    assert found.of == [5, 1, 1, 2, 2, 3, 3, 4, 4, 5, 0]
    expected = [(1, "1 – 2.8", 2), (2, "2.8 – 4.6", 2), (3, "4.6 – 6.4", 2), (4, "6.4 – 8.2", 2)]
    assert groups(found) == [*expected, (5, "8.2 – 10", 2), (0, None, 1)]
    assert found.is_ordered


def test_scores_that_are_all_the_same_or_none() -> None:
    assert groups(by_score(np.full(3, 2.5, np.float32))) == [(1, "2.5 – 2.5", 3)]
    assert groups(by_score(np.full(3, np.nan, np.float32))) == [(0, None, 3)]
