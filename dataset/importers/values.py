"""Numbers and dates as other people's tools write them. What cannot be read is told apart from nothing."""

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from store.schema import FIRST_ODAI, JAPAN

_NOTHING = frozenset(
    [
        *("", "none", "null", "nil", "nan", "nat", "n/a", "na", "undefined", "(null)", "<null>", "[]", "{}"),
        *("<na>", "\\n", "-nan", "#n/a", "#na", "#n/a n/a", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
        *("#null!", "#value!", "#ref!", "#div/0!", "#name?", "#num!", "?", "なし", "無し", "不明"),
        *("-", "--", "---", "\u2010", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"),
    ]
)
"""What pandas (na_values of `read_csv`), R, databases, JavaScript, spreadsheets and people write for nothing,
in small letters: dashes of any length, too."""
_WHOLE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.0*)?|\d+(?:\.0*)?|\d+(?:\.\d+)?e\+?\d{1,2}", re.ASCII)
_SLASHES = re.compile(
    r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?(?:[ T]+(\d{1,2})[:時](\d{1,2})(?:[:分](\d{1,2}))?分?)?"
)
_LONGEST = 40
"""The most characters of a number: 2**63 has 19 digits."""
_EXPONENT = re.compile(r"\d\.\d{1,18}e\+?0?9", re.ASCII)
_TOGETHER = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_ZONES = {"UTC": UTC, "GMT": UTC, "Z": UTC, "JST": JAPAN}
_EPOCHS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Epoch seconds, thousandths, millionths and billionths of them, by their digits: from 2001 to 2286."""


class Unreadable(ValueError):
    """A value says something, and not in any way that is known."""


def is_nothing(value: object) -> bool:
    """Tell whether a value is one of the markers for nothing. A caption never is: 「-」 may be a joke."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and unicodedata.normalize("NFKC", value).strip().lower() in _NOTHING


def text(value: object) -> str | None:
    """Return a value of a column that holds words; None for nothing.

    Raises:
        Unreadable: it is a list or an object.
    """
    if is_nothing(value):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unreadable(value)
    return str(value).strip()


def label(value: object) -> str | None:
    """Return a value of a column that names something, by a number or otherwise: 501.0 is 501.

    Raises:
        Unreadable: it is a list or an object.
    """
    try:
        found = number(value)
    except Unreadable:
        return text(value)
    return None if found is None else str(found)


def number(value: object) -> int | None:
    """Return a whole number of at least 0, below 2**63; None for nothing.

    1,234 and 120.0 are numbers, as is 1.2e+05: so pandas writes them.

    Raises:
        Unreadable: it is no such number: true, -3, 1.5, 12 stars.
    """
    if is_nothing(value):
        return None
    if isinstance(value, str):
        digits = unicodedata.normalize("NFKC", value).strip().lower()
        if len(digits) > _LONGEST or not _WHOLE.fullmatch(digits):
            raise Unreadable(value)
        digits = digits.replace(",", "")
        value = float(digits) if "e" in digits else int(digits.partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(value)
    if not 0 <= value < 2**63 or value != int(value):
        raise Unreadable(value)
    return int(value)


def moment(value: object) -> datetime | None:
    """Return a moment in UTC; None for nothing. Without a zone it is Japan's time, as the site's is.

    Read are ISO 8601, 2013/5/1 9:30, 2013年5月1日, 20130501093000, dates of e-mail, each with the name of a
    zone (UTC, GMT, JST), and epoch times (seconds to nanoseconds).

    Raises:
        Unreadable: it is none of them, before the site's first odai, or still to come.
    """
    if is_nothing(value):
        return None
    try:
        found = _moment(value)
        is_possible = FIRST_ODAI <= found <= datetime.now(UTC) + timedelta(days=1)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable(value) from error
    if not is_possible:
        raise Unreadable(value)
    return found


def _moment(value: object) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(str(int(value)))
    if not isinstance(value, str):
        raise Unreadable(value)
    written = unicodedata.normalize("NFKC", value).strip()
    digits = re.fullmatch(r"(\d{10,19})(?:\.\d*)?", written, re.ASCII)
    if digits and len(digits[1]) in _EPOCHS:
        return _epoch(digits[1])
    if _EXPONENT.fullmatch(written.lower()):
        return _epoch(str(int(float(written))))
    name = next((name for name in _ZONES if written.endswith(name)), "")
    found = _by_its_clock(written.removesuffix(name).strip())
    return found.replace(tzinfo=found.tzinfo or _ZONES.get(name, JAPAN)).astimezone(UTC)


def _by_its_clock(written: str) -> datetime:
    """Return a moment without the name of a zone; it has a zone where an offset is written."""
    if parts := _SLASHES.fullmatch(written) or _TOGETHER.fullmatch(written):
        year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
        return datetime(year, month, day, hour, minute, second)
    if re.match("[A-Z][a-z]{2}, [0-9]", written):  # so dates of e-mail and HTTP begin
        return parsedate_to_datetime(written)
    return datetime.fromisoformat(written.replace("/", "-"))


def _epoch(digits: str) -> datetime:
    if len(digits) not in _EPOCHS:
        raise Unreadable(digits)
    return datetime.fromtimestamp(int(digits) / _EPOCHS[len(digits)], UTC)
