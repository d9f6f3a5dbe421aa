"""Agreement, sides and care: examples from the papers, and counts by hand."""

import pytest

from judging.figures.agreement import Share, alpha, careless, prefers_a_side

KRIPPENDORFF = (
    "11.1",
    "2232",
    "3333",
    "3333",
    "2222",
    "1234",
    "4444",
    "1121",
    "2222",
    ".555",
    "..11",
    ".3..",
)
"""Krippendorff 2011, "Nominal data, any number of observers, missing data": 12 units, 4 observers."""


def test_alpha_of_the_papers_example() -> None:
    assert alpha(unit.replace(".", "") for unit in KRIPPENDORFF) == pytest.approx(0.743, abs=5e-4)


def test_alpha_is_as_evalica_has_it() -> None:
    evalica = pytest.importorskip("evalica")
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {
            number: [None if value == "." else float(value) for value in unit]
            for number, unit in enumerate(KRIPPENDORFF)
        }
    )
    theirs = evalica.alpha(table).alpha
    assert alpha(unit.replace(".", "") for unit in KRIPPENDORFF) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("units", [[], ["a", "b"], ["aa", "aa"]])
def test_alpha_is_not_defined_where_nobody_could_differ(units: list[str]) -> None:
    assert alpha(units) is None


def test_wilsons_interval() -> None:
    """Newcombe 1998, Two-sided confidence intervals for the single proportion, table I."""
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Share(15, 148).interval == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_a_share_of_nothing_is_unknown() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0, 1)


def test_a_side_is_preferred_where_chance_hardly_explains_it() -> None:
    """15 of 20 heads or farther: 2 × 21,700 of 1,048,576 = 0.041; 14 of 20: 0.115."""
    assert prefers_a_side(15, 20)
    assert prefers_a_side(5, 20)
    assert not prefers_a_side(14, 20)
    assert not prefers_a_side(0, 0)


def test_who_misses_half_of_the_catch_pairs_is_careless() -> None:
    caught = {"half": Share(2, 4), "one": Share(1, 4), "few": Share(3, 3), "all": Share(9, 9)}
    assert careless(caught) == ["all", "half"]
