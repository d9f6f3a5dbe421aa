"""Reads dates that count back from the moment of fetching: 3日前, 1年半前, 昨日, 先週."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from crawler.parsing.values.numbers import value
from crawler.parsing.values.times import CLOCK_AFTER, moment

YEARS = {"今年": 0, "一昨年": 2, "おととし": 2, "去年": 1, "昨年": 1, "前年": 1}
"""How many years back words for years go."""
_DAYS = {"今日": 0, "きょう": 0, "本日": 0, "今朝": 0, "一昨々日": 3, "さきおととい": 3}
_DAYS |= {"一昨日": 2, "おととい": 2, "昨日": 1, "きのう": 1, "昨夜": 1, "昨晩": 1, "前日": 1}
_WEEKS = {"今週": 0, "先々週": 2, "先週": 1}
_MONTHS = {"今月": 0, "先々月": 2, "先月": 1}
_NOW = re.compile(r"たった今|たったいま|ついさっき|さっき|先ほど|さきほど|今|現在")
_HALF = Fraction(1, 2)
_MANY = {"数": Fraction(3), "数10": Fraction(30), "数100": Fraction(300), "半": _HALF}
_MANY |= dict.fromkeys(("十数", "10数"), Fraction(13))

_AMOUNT = r"(?:10数|十数|数(?:100?)?|半|\d[\d.,万千百十]*)"
_UNIT = r"(?:秒|分|時間|日|週|[ヶケかカヵゕゖ箇個]月|月|年)"
_PART = re.compile(rf"(?P<amount>{_AMOUNT})\s*(?P<unit>{_UNIT})間?(?P<half>半)?\s*")
_AGO = re.compile(
    rf"(?<![\d.,'数何])(?P<parts>(?:{_AMOUNT}\s*{_UNIT}間?半?[\s,と]*)+)[^前午\d]{{0,6}}前(?!後){CLOCK_AFTER}"
)
_WORDS = "|".join([*_DAYS, *_WEEKS, *_MONTHS, *YEARS])
_WORD = re.compile(
    rf"(?P<word>{_WORDS})(?:の?(?P<weekday>[月火水木金土日])曜日?)?(?:の?\s*(?P<day>\d{{1,2}})日)?{CLOCK_AFTER}"
)
_SECONDS = {"秒": 1, "分": 60, "時": 3600, "日": 86400, "週": 7 * 86400}
_FINEST = ("秒", "分", "時", "日")


def read_relative(string: str, now: datetime) -> datetime | None:
    """Return the moment in UTC that a relative date means; None if there is none in the text.

    数 in 数分前 counts as three. Months and years go by the calendar: a month before 31 March is the last
    day of February.

    Args:
        string: the text, in its compatibility form, with digits for kanji.
        now: the moment to count from, in Japan's zone.
    """
    try:
        if match := _AGO.search(string):
            return _ago(match, now)
        if match := _WORD.search(string):
            return _word(match, now)
    except (ValueError, OverflowError):
        return None
    if _NOW.fullmatch(string.strip()):
        return now.replace(second=0, microsecond=0).astimezone(UTC)
    return None


def _ago(match: re.Match[str], now: datetime) -> datetime | None:
    months: Fraction | int = 0
    seconds: Fraction | int = 0
    finest = len(_FINEST) - 1
    for part in _PART.finditer(match["parts"]):
        amount = _MANY.get(part["amount"]) or value(part["amount"])
        if amount is None:
            return None
        if part["half"]:
            amount += _HALF
        unit = part["unit"][-1] if part["unit"][-1] in "月年" else part["unit"][0]
        if unit in "月年":
            months += amount * (12 if unit == "年" else 1)
        else:
            seconds += amount * _SECONDS[unit]
            place = _FINEST.index(unit) if unit in _FINEST else len(_FINEST) - 1
            finest = min(finest, place if amount.denominator == 1 else max(place - 1, 0))
    seconds += (months % 1) * 30 * 86400
    day = _months_before(now.date(), int(months))
    then = datetime.combine(day, now.timetz()) - timedelta(seconds=float(seconds))
    return moment(then.date(), match) if finest == 3 else _cut(then, finest).astimezone(UTC)


def _cut(then: datetime, finest: int) -> datetime:
    """Return the moment cut off to seconds, minutes or hours: 0, 1, 2."""
    fields = ("microsecond", "second", "minute")[: finest + 1]
    return then.replace(**dict.fromkeys(fields, 0))  # type: ignore[arg-type]


def _word(match: re.Match[str], now: datetime) -> datetime | None:
    word, today = match["word"], now.date()
    if word in _WEEKS and match["weekday"]:
        monday = today - timedelta(days=today.weekday(), weeks=_WEEKS[word])
        return moment(monday + timedelta(days="月火水木金土日".index(match["weekday"])), match)
    months = _MONTHS.get(word, 12 * YEARS.get(word, 0))
    day = _months_before(today, months) - timedelta(days=_DAYS.get(word, 0), weeks=_WEEKS.get(word, 0))
    if match["day"] and word in _MONTHS:
        day = day.replace(day=int(match["day"]))
    return moment(day, match)


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or the month's last if it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if years < 1:
        raise ValueError(f"{months} months before {day} is before the first year")
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
