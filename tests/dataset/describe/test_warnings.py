"""When a dataset's figures are warned of."""

import pytest

from dataset.describe.warnings import warnings


def figures(
    photos: int, groups: list[list[object]], asked: float | None = 0.1, dev: int = 0
) -> dict[str, object]:
    return {
        "splits": {"train": {"photos": photos - dev}, "dev": {"photos": dev}},
        "dev_share": {"asked": asked, "got": dev / photos},
        "duplicates": {"large_groups": groups},
    }


def test_groups_beyond_one_percent_are_counted_and_the_largest_is_named() -> None:
    [warning] = warnings(figures(1000, [["ab", 200], ["cd", 11]], dev=100))
    assert "2 groups of near copies have more than 1% of the photos each" in warning
    assert "200 photos (20.0%)" in warning
    assert "\"group\" = 'ab'" in warning


@pytest.mark.parametrize(
    ("photos", "dev", "told"),
    [
        pytest.param(1500, 315, "21.0%", id="the case of 1,500 cards"),
        pytest.param(1500, 165, "", id="11 percent of 1,500 is chance"),
        pytest.param(20, 5, "", id="a quarter of 20 photos is chance"),
        pytest.param(20, 12, "60.0%", id="most of 20 photos is not"),
        pytest.param(1_000_000, 111_000, "11.1%", id="a point of a million photos"),
        pytest.param(1_000_000, 109_000, "", id="less than a point"),
    ],
)
def test_a_split_that_is_off_by_more_than_chance_is_told(photos: int, dev: int, told: str) -> None:
    found = warnings(figures(photos, [], dev=dev))
    assert len(found) == bool(told)
    assert all(
        f"dev has {told} of the photos" in warning and "asks for 10.0%" in warning for warning in found
    )


def test_figures_of_earlier_versions_are_warned_of_nothing() -> None:
    assert warnings({"splits": {"train": {"photos": 3}}, "duplicates": {"photos_in_them": 3}}) == []


def test_what_was_asked_may_be_unknown() -> None:
    assert warnings(figures(1500, [], asked=None, dev=900)) == []


@pytest.mark.parametrize("asked", [0.1, 0.0, None])
def test_a_dev_without_photos_is_told_once(asked: float | None) -> None:
    [warning] = warnings(figures(1500, [], asked=asked, dev=0))
    assert warning.startswith("dev has no photos")
    assert "dataset.dev_fraction" in warning
