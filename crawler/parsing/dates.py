"""Reads dates as the site writes them: mostly relative to the moment of fetching."""

import re
from datetime import UTC, datetime, timedelta

_UNITS = {
    "秒": timedelta(seconds=1),
    "分": timedelta(minutes=1),
    "時間": timedelta(hours=1),
    "日": timedelta(days=1),
    "週間": timedelta(weeks=1),
    "ヶ月": timedelta(days=30),
    "年": timedelta(days=365),
}
_RELATIVE = re.compile(r"(\d{1,6})\s*(秒|分|時間|日|週間|[ヶケかカ箇]月|年)[^前]{0,6}前")
_ABSOLUTE = re.compile(r"(\d{4})[年/.-](\d{1,2})[月/.-](\d{1,2})日?(?:[T\s]*(\d{1,2})[:時](\d{1,2}))?")
_JAPAN = timedelta(hours=9)


def parse_date(text: str, now: datetime) -> datetime | None:
    """Return the moment that a date on a page means, in UTC; None if it cannot be read.

    Relative dates (「5時間くらい前」, 「約1年前」, 「昨日」) count back from `now` and are cut off to
    their unit (from days on: to midnight), since anything finer would be invented. Absolute dates are in
    Japan's time.

    Args:
        text: the date as written.
        now: when the page was fetched, UTC.
    """
    if match := _RELATIVE.search(text):
        return _before(now, int(match[1]), match[2])
    if match := _ABSOLUTE.search(text):
        return _absolute([int(part) for part in match.groups(default="0")])
    if "たった今" in text:
        return now.replace(second=0, microsecond=0)
    days = {"今日": 0, "昨日": 1, "一昨日": 2, "おととい": 2}.get(text.strip())
    return None if days is None else _before(now, days, "日")


def _before(now: datetime, count: int, unit: str) -> datetime | None:
    unit = "ヶ月" if unit.endswith("月") else unit  # the site spells it ヶ月, ケ月, か月, カ月 or 箇月
    try:
        then = now - count * _UNITS[unit]
    except OverflowError:
        return None
    if unit == "秒":
        return then.replace(microsecond=0)
    if unit == "分":
        return then.replace(second=0, microsecond=0)
    if unit == "時間":
        return then.replace(minute=0, second=0, microsecond=0)
    return then.replace(hour=0, minute=0, second=0, microsecond=0)


def _absolute(parts: list[int]) -> datetime | None:
    try:
        return datetime(*parts, tzinfo=UTC) - _JAPAN  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        return None
