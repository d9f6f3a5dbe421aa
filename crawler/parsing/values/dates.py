"""Reads dates as the site writes them, absolute or relative to when it was read, by Japan's calendar."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from unicodedata import normalize

from crawler.parsing.values.numbers import KANJI_NUMBER, kanji_value
from crawler.parsing.values.relative_dates import YEARS, read_relative
from crawler.parsing.values.times import CLOCK, CLOCK_AFTER, moment
from store.schema import FIRST_ODAI, JAPAN

_LONGEST = 1000  # characters; what is longer only has a date somewhere in it
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERAS |= dict(zip("MTSHR", _ERAS.values(), strict=True))
_KANJI = re.compile(rf"{KANJI_NUMBER}(?=\s*(?:[秒分時日週月年半]|[ヶケかカヵゕゖ箇個]月))")

_YEAR = rf"(?:(?P<era>{'|'.join(_ERAS)})\.?\s*(?P<era_year>元|\d{{1,2}})|(?<!\d)(?P<year>\d{{4}}))"
_FULL = re.compile(
    rf"{_YEAR}\s*(?:年\s*(?P<month>\d{{1,2}})\s*月(?:\s*(?P<day>\d{{1,2}})\s*日)?"
    rf"|(?P<mark>[/.-])\s*(?P<month2>\d{{1,2}})\s*(?P=mark)\s*(?P<day2>\d{{1,2}})(?!\d)){CLOCK_AFTER}"
)
_OF_THE_YEAR = re.compile(
    rf"(?P<word>{'|'.join(YEARS)})?の?\s*(?:(?<!\d)(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*日(?!間|前)"
    rf"|(?<![\d/.:-])(?P<month2>\d{{1,2}})/(?P<day2>\d{{1,2}})(?![\d/])){CLOCK_AFTER}"
)
_MAIL = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UT)\b")


def read_date(text: str | None, fetched_at: datetime) -> datetime | None:
    """Return the moment that a date on a page means, in UTC; None if it cannot be read or cannot be right.

    A moment before the site's first odai, or after `fetched_at`, cannot be right; see `written_date`.
    """
    found = written_date(text, fetched_at)
    return found if found and FIRST_ODAI <= found <= fetched_at else None


def written_date(text: str | None, fetched_at: datetime) -> datetime | None:
    """Return the moment that a date on a page means, in UTC, possible or not; None if it cannot be read.

    Absolute dates go before relative ones (「5時間くらい前」, 「約1年前」, 「昨日」), which count back from
    `fetched_at` and are cut off to their unit (from days on: to midnight), since anything finer would be
    invented. Days, months and years are those of Japan's calendar, whatever the machine's zone, and so are
    times without a zone.

    Args:
        text: the date as written.
        fetched_at: when the page was fetched, UTC.
    """
    return _written((text or "")[:_LONGEST], fetched_at)


@lru_cache(maxsize=256)  # the entries of a page share few dates, and each is asked for twice
def _written(text: str, fetched_at: datetime) -> datetime | None:
    string = _KANJI.sub(_in_digits, normalize("NFKC", text))
    return next(_readings(string, fetched_at.astimezone(JAPAN)), None)


def _readings(string: str, now: datetime) -> Iterator[datetime | None]:
    """Yield what each of the forms that stand in the text means, the surest first; only one is asked for."""
    if match := _MAIL.search(string):
        yield _of_mail(match[0])
    if match := _FULL.search(string):
        yield _of_day(_year(match), match)
    if match := _OF_THE_YEAR.search(string):
        yield _latest(match, now)
    if (relative := read_relative(string, now)) is not None:
        yield relative
    if match := CLOCK.fullmatch(string.strip()):
        yield moment(now.date(), match)


def _in_digits(match: re.Match[str]) -> str:
    amount = kanji_value(match[0])
    return match[0] if amount is None else str(amount)


def _year(match: re.Match[str]) -> int:
    if match["year"]:
        return int(match["year"])
    return _ERAS[match["era"]] + (1 if match["era_year"] == "元" else int(match["era_year"]))


def _of_day(year: int, match: re.Match[str]) -> datetime | None:
    """Return the moment of a match with a month, and a day unless the date has none: then it is the first."""
    try:
        day = date(year, int(match["month"] or match["month2"]), int(match["day"] or match["day2"] or 1))
    except ValueError:
        return None
    return moment(day, match)


def _latest(match: re.Match[str], now: datetime) -> datetime | None:
    """Return the moment of a date without a year: the latest not to come, or that of 去年."""
    if match["word"]:
        return _of_day(now.year - YEARS[match["word"]], match)
    years = range(now.year, max(now.year - 9, 0), -1)  # the 29th of February comes once in 4 or 8 years
    moments = (_of_day(year, match) for year in years)
    return next((found for found in moments if found and found <= now), None)


def _of_mail(string: str) -> datetime | None:
    """Return the moment of a date as feeds have it, `Fri, 05 Jan 2024 14:15:00 +0900`."""
    try:
        return parsedate_to_datetime(string).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
