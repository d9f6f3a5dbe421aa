"""Hours are those of Japan, whose clock is nine hours ahead of UTC all year (no summer time since 1951)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from crawler.opening_hours import OpeningHours
from crawler.options import CrawlOptions


@pytest.mark.parametrize(
    ("hours", "utc", "wait"),
    [
        ("01:00-06:00", "2026-11-29T16:00:00", "0:00:00"),  # 01:00 in Japan
        ("01:00-06:00", "2026-11-29T15:59:59", "0:00:01"),
        ("01:00-06:00", "2026-11-29T20:59:59", "0:00:00"),
        ("01:00-06:00", "2026-11-29T21:00:00", "19:00:00"),
        ("01:00-06:00", "2026-07-01T16:00:00", "0:00:00"),
        ("22:00-05:00", "2026-11-29T13:00:00", "0:00:00"),  # 22:00
        ("22:00-05:00", "2026-11-29T15:00:00", "0:00:00"),  # midnight
        ("22:00-05:00", "2026-11-29T19:59:59", "0:00:00"),
        ("22:00-05:00", "2026-11-29T20:00:00", "17:00:00"),
        ("22:00-05:00", "2026-11-29T12:59:00", "0:01:00"),
        ("18:00-24:00", "2026-11-29T14:59:59", "0:00:00"),
        ("18:00-24:00", "2026-11-29T15:00:00", "18:00:00"),
        ("00:00-06:00", "2026-12-31T14:59:00", "0:01:00"),  # the last minute of a year
        (" 01:00:30 - 01:00:40 ", "2026-11-29T16:00:29", "0:00:01"),
    ],
)
def test_how_long_it_is_until_the_window_opens(hours: str, utc: str, wait: str) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    found = OpeningHours.parse(hours)
    assert str(found.until_open(now)) == wait
    assert found.until_open(now.astimezone(timezone(timedelta(hours=-5)))) == found.until_open(now)
    assert not found.until_open(now + found.until_open(now))


@pytest.mark.parametrize(
    "hours", ["", "01:00", "1-6", "01:00-25:00", "01:00-06:00-07:00", "01:00-01:00", "00:00-24:00",
              "01:00Z-06:00Z", "01:00+09:00", "night"],
)  # fmt: skip
def test_what_names_no_window_is_refused_with_what_to_write(hours: str) -> None:
    with pytest.raises(ValidationError, match=r"01:00-06:00|leave it out|those of Asia/Tokyo"):
        CrawlOptions(hours=hours)
