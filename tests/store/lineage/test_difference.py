"""What differs between an input and what is wanted, and how it is told."""

import shlex
from pathlib import Path

import pytest

from pipelines import Settings, with_overrides
from store.errors import StaleInput
from store.lineage.difference import NOT_TOLD, Difference, differences, overrides, refuse


def test_a_setting_that_an_earlier_version_lacked_counts_where_it_is_not_the_default() -> None:
    found, wanted, defaults = {"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4, "d": 5}, {"b": 2, "c": 4, "d": 0}
    assert differences("dataset", found, wanted, defaults) == (
        Difference("dataset.b", 2, 3),
        Difference("dataset.d", NOT_TOLD, 5),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dataset.tokenizer", "characters"),
        ("dataset.min_stars", 3),
        ("dataset.where", "stars > 3 and width >= 200"),
        ("dataset.categories", ["人間", "it's"]),
        ("dataset.max_size", None),
        ("dataset.forbidden_words", "true"),
        ("train.learning_rate", 1e-05),
    ],
)
def test_what_set_takes_gives_back_what_is_found(name: str, value: object) -> None:
    """The line goes through a shell and the reader of settings, which say what it means."""
    (override,) = shlex.split(Difference(name, value, "other").override)
    stage, key = name.split(".")
    found = with_overrides([override])
    assert getattr(found, stage).model_dump(mode="json")[key] == value
    assert isinstance(found, Settings)


def test_what_is_not_told_cannot_be_set_again() -> None:
    differ = [Difference("dataset.a", NOT_TOLD, 1), Difference("crawl", "x", "y", is_setting=False)]
    assert overrides([*differ, Difference("dataset.b", 2, 3)]) == ("dataset.b=2",)


def test_an_input_that_differs_is_refused_with_both_ways_on() -> None:
    differ = [Difference("dataset.tokenizer", "characters", "unidic-lite")]
    with pytest.raises(StaleInput) as raised:
        refuse(Path("data/demo/dataset"), differ, "bokeru dataset --pipeline demo")
    assert str(raised.value) == (
        "data/demo/dataset is not the one that is wanted: dataset.tokenizer is characters, wanted is "
        "unidic-lite. Make it again: bokeru dataset --pipeline demo. Or go on with it as it is, by: "
        "--set dataset.tokenizer=characters"
    )
    assert raised.value.exit_status == 1


def test_what_is_only_said_is_not_refused() -> None:
    refuse(Path("d"), [Difference("crawl", "built from 1 file", "2", refused=False)], "make it")
