"""The benchmark of training: a rate of each side in every turn, and the bound that is shown beside them."""

import pytest

from benchmarks import train


def test_a_turn_has_a_rate_of_each_side() -> None:
    (turn,) = train.measure((8, 30, 4), rounds=1, seconds=0.01, python=None, one_thread=True)
    assert set(turn) == {"ours", "the bound", "the article's loop"}
    assert all(rate > 0 for rate in turn.values())
    assert turn["ours"] < turn["the bound"]


def test_a_captions_operations_are_those_counted_by_hand() -> None:
    """20 tokens meet 100 x 870 and 100 x 800 weights three times each, a photo 4096 x 100 twice."""
    assert train.operations(100, 870) == 2 * (3 * 20 * (87_000 + 80_000) + 2 * 409_600)


@pytest.mark.parametrize(
    ("values", "digits", "shown"), [([3.0, 1.0, 2.5], 0, "2"), ([0.125, None], 2, "0.12"), ([None], 2, "–")]
)
def test_a_median_is_of_what_was_measured(values: list[float | None], digits: int, shown: str) -> None:
    assert train.median(values, digits) == shown
