"""Durations as settings write them."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from crawler.options import CrawlOptions
from store.options import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("90m", 5400), ("36h", 129_600), ("7d", 604_800), ("2w", 1_209_600), (" 1.5 d ", 129_600)],
)
def test_a_number_and_a_unit_are_a_duration(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "7", "d", "-7d", "0d", "7 days", "1e3d", "７d", "7D", "99999d", "P7D", "nan d"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 36h or 7d"):
        duration(text)


def test_how_long_a_crawl_counts_as_fresh_is_checked() -> None:
    assert CrawlOptions().fresh == "7d"
    assert CrawlOptions(fresh=" 36h ").fresh == "36h"
    with pytest.raises(ValidationError, match="is no duration"):
        CrawlOptions(fresh="soon")
