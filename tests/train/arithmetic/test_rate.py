"""The learning rate of each update, as the formulas of the papers give it by hand."""

import pytest
from pydantic import ValidationError

from train.arithmetic.rate import learning_rate
from train.options import TrainOptions


def rates(updates: int, epochs: int = 1, **settings: object) -> list[float]:
    """Return the rates of a run of so many updates, of 0.8 at most."""
    options = TrainOptions.model_validate({"learning_rate": 0.8, "epochs": epochs, **settings})
    part = epochs / updates
    return [learning_rate(options, update * part, (update + 1) * part) for update in range(updates)]


def test_by_default_it_never_changes() -> None:
    assert rates(5) == [0.8] * 5


def test_a_warm_up_rises_in_equal_steps_to_all_of_it() -> None:
    assert rates(6, epochs=3, warmup=2.0) == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.8])


def test_a_warm_up_that_ends_within_an_update_goes_no_higher() -> None:
    assert rates(4, warmup=0.6) == pytest.approx([0.8 * 0.25 / 0.6, 0.8 * 0.5 / 0.6, 0.8, 0.8])


def test_a_cosine_falls_from_all_to_nothing() -> None:
    # (1 + cos 0) / 2 = 1, (1 + cos 60°) / 2 = 3/4, (1 + cos 90°) / 2 = 1/2, (1 + cos 120°) / 2 = 1/4
    assert rates(3, schedule="cosine") == pytest.approx([0.8, 0.6, 0.2])
    assert rates(2, epochs=2, schedule="cosine") == pytest.approx([0.8, 0.4])


def test_the_cosine_begins_where_the_warm_up_ends() -> None:
    assert rates(5, epochs=5, schedule="cosine", warmup=2.0) == pytest.approx([0.4, 0.8, 0.8, 0.6, 0.2])


def test_a_warm_up_that_takes_the_whole_run_is_refused() -> None:
    with pytest.raises(ValidationError, match="warm-up of 3 epochs never reaches"):
        TrainOptions(warmup=3.0, epochs=3)
