"""The crawl stage's settings: what cannot be meant is refused, with the value."""

import pytest
from pydantic import ValidationError

from crawler.options import CrawlOptions, odai_range


@pytest.mark.parametrize(
    "site", ["bokete.jp", "ftp://bokete.jp", "http://", "http://[", "", "javascript:alert(1)"]
)
def test_a_site_that_is_no_address_is_refused(site: str) -> None:
    with pytest.raises(ValidationError, match="not a web address"):
        CrawlOptions(site=site)


@pytest.mark.parametrize("path", ["boke/hot", "ftp://bokete.jp/boke", ""])
def test_a_start_that_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="not a path on the site"):
        CrawlOptions(start=(path,))


@pytest.mark.parametrize(
    ("text", "ends"), [("17", (17, 17)), ("1-9000000", (1, 9_000_000)), (" 3 - 4 ", (3, 4))]
)
def test_ranges_of_odai(text: str, ends: tuple[int, int]) -> None:
    assert odai_range(text) == ends
    assert CrawlOptions(odai=(text,)).odai == (text,)


@pytest.mark.parametrize("text", ["", "x", "1-", "-5", "1-2-3", "9" * 16, "１"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="neither a number nor a range"):
        CrawlOptions(odai=(text,))


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="the range '5-4' is empty"):
        CrawlOptions(odai=("5-4",))
