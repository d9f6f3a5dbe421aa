"""Which epoch of a log is the best, and when patience is over."""

from typing import Any

import pytest

from train.history import History, best


def records(*measured: tuple[float | None, float | None]) -> list[dict[str, Any]]:
    """Return a log with these losses of dev, of all tokens and of the known ones."""
    return [
        {"epoch": epoch, "dev_loss": whole, "dev_known_loss": known}
        for epoch, (whole, known) in enumerate(measured, 1)
    ]


def chosen(log: list[dict[str, Any]]) -> int | None:
    found = best(log)
    return None if found is None else int(found["epoch"])


def test_the_best_epoch_is_that_of_the_known_tokens() -> None:
    assert chosen(records((3.0, 2.5), (2.8, 2.6), (2.9, 2.4))) == 3
    assert chosen(records((3.0, 2.4), (2.8, 2.4))) == 1, "the earliest of equals"


def test_epochs_that_were_not_measured_are_none() -> None:
    assert chosen(records((None, None), (2.9, 2.5), (None, None))) == 2
    assert chosen(records((None, None))) is None
    assert chosen([]) is None


def test_a_log_that_an_earlier_version_began_goes_by_what_all_of_it_has() -> None:
    old: list[dict[str, Any]] = [{"epoch": 1, "dev_loss": 2.7}, {"epoch": 2, "dev_loss": None}]
    new = [{"epoch": 3, "dev_loss": 2.8, "dev_known_loss": 2.2}]
    assert chosen(old + new) == 1, "2.2 is of fewer tokens, and compares with nothing here"


@pytest.mark.parametrize(
    ("losses", "is_over"),
    [
        ([3.0, 2.9, 2.8], False),
        ([3.0, 2.9, 2.95], False),
        ([3.0, 2.9, 2.95, 2.92], True),
        ([3.0, 2.9, 2.9, 2.9], True),
        ([], False),
    ],
)
def test_patience_counts_measurements(losses: list[float], is_over: bool) -> None:
    every_epoch = records(*((loss + 0.5, loss) for loss in losses))
    assert History(2, every_epoch).exhausted == is_over
    every_third = [(None, None), (None, None)]
    sparse = records(*(each for loss in losses for each in (*every_third, (loss + 0.5, loss))))
    assert History(2, sparse).exhausted == is_over, "however many epochs lie between them"
    assert not History(None, every_epoch).exhausted
