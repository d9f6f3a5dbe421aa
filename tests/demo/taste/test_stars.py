"""How many stars a boke gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.taste.stars import MOST_STARS, SEEN, share_seen, share_with, stars, views


@pytest.mark.parametrize(
    ("at_least", "boke"), [(1, 1_001_806), (101, 45_905), (1_001, 8_563), (10_001, 380), (174_984, 1)]
)
def test_views_are_as_skewed_as_real_stars(at_least: int, boke: int) -> None:
    """ボケ缶's cans: of 1,100,542 boke 98,736 have no star, 955,901 up to 100, 37,342, 8,183, 380."""
    assert share_seen(at_least) == pytest.approx(boke / 1_100_542)
    assert views(boke / 1_100_542) == pytest.approx(at_least)


def test_between_these_views_are_a_power() -> None:
    """From 101 to 1,001: half of the way in logarithms, so the geometric mean of the shares."""
    assert share_seen((101 * 1_001) ** 0.5) == pytest.approx((45_905 * 8_563) ** 0.5 / 1_100_542)


@given(st.floats(1e-9, 1))
def test_views_and_shares_find_each_other(share: float) -> None:
    found = views(share)
    assert 0.8 < found <= MOST_STARS
    assert share_seen(found) == pytest.approx(max(share, 1 / 1_100_542))


@given(st.floats(1e-6, 1), st.floats(1e-6, 1))
def test_rarer_is_more(one: float, other: float) -> None:
    assert (one - other) * (views(one) - views(other)) <= 0


@given(st.integers(-20, 12), st.sampled_from(SEEN), st.integers(0, 5_000))
def test_the_share_with_so_many_stars_is_counted(points: int, seen: float, number: int) -> None:
    """Over 20,000 places in the lists, evenly."""
    places = [(place + 0.5) / 20_000 for place in range(0, 20_000, 40)]
    counted = sum(stars(views(place), seen, points) >= number for place in places) / len(places)
    assert counted == pytest.approx(share_with(number, seen, points), abs=1.1 / len(places))


def test_each_point_doubles_them_up_to_a_limit() -> None:
    assert [stars(10.0, 0.8, points) for points in (-4, 0, 1, 2)] == [0, 8, 16, 32]
    assert stars(100_000.0, 0.8, 6) == MOST_STARS
    assert share_with(MOST_STARS + 1, 0.8, 6) == 0
    assert share_with(0, 0.8, -20) == 1
