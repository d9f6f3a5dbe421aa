"""Reads the time of day in a date, and its zone; Japan's where none is written."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from store.schema import JAPAN

_WEEKDAY = r"(?:\([月火水木金土日祝休・]+(?:曜日?)?\)|[月火水木金土日]曜日?)"
_CLOCK = (
    r"(?P<half>午前|午後|[AP]M)?\s*(?:(?P<noon>正午)|(?P<hour>\d{1,2})\s*(?::|時(?!間))\s*"
    r"(?:(?P<minute>\d{1,2}|半)(?:分|(?!\d))\s*)?(?::(?P<second>\d{1,2})(?:\.\d+)?|(?P<second_of_text>\d{1,2})秒)?)"
    r"\s*(?P<half_after>[AP]M)?\s*(?P<zone>Z|UTC|GMT|JST|[+-]\d{2}:?\d{2})?(?![A-Za-z\d])"
)
CLOCK = re.compile(_CLOCK)
"""The regular expression of a time of day."""
CLOCK_AFTER = rf"\s*,?\s*{_WEEKDAY}?[\sTの]*(?:{_CLOCK})?"
"""The regular expression of what may follow a date: a day of the week, a time, both or nothing."""


def moment(day: date, clock: re.Match[str]) -> datetime | None:
    """Return the moment in UTC that a time means on a day; the day's beginning if there is no time.

    Hours after 24 belong to the night of the day before, as Japan writes them: 25:30 is half past one.

    Args:
        day: the day, in the zone that the time is in.
        clock: a match with the groups of `CLOCK`.
    """
    hour, minute = _hour_and_minute(clock)
    second = int(clock["second"] or clock["second_of_text"] or 0)
    if hour > 29 or minute > 59 or second > 60:
        return None
    try:
        midnight = datetime(day.year, day.month, day.day, tzinfo=_zone(clock["zone"]))
        return (midnight + timedelta(hours=hour, minutes=minute, seconds=second)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _hour_and_minute(clock: re.Match[str]) -> tuple[int, int]:
    half = clock["half"] or clock["half_after"]
    hour = 12 if clock["noon"] else int(clock["hour"] or 0)
    minute = 30 if clock["minute"] == "半" else int(clock["minute"] or 0)
    if half in ("午前", "AM") and hour == 12:
        hour = 0
    elif half in ("午後", "PM") and hour < 12:
        hour += 12
    return hour, minute


def _zone(name: str | None) -> timezone:
    if name in (None, "JST"):
        return JAPAN
    if name in ("Z", "UTC", "GMT"):
        return UTC
    assert name is not None
    offset = timedelta(hours=int(name[1:3]), minutes=int(name[-2:]))
    return timezone(-offset if name[0] == "-" else offset)
