"""Numbers and dates as other people's tools write them. What cannot be read is told apart from nothing."""

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta

from store.schema import FIRST_ODAI, JAPAN

_NOTHING = frozenset(
    ("", "none", "null", "nil", "nan", "nat", "n/a", "#n/a", "na", "<na>", "\\n", "undefined", "-")
)
"""What pandas, R, databases, JavaScript and spreadsheets write for nothing, in small letters."""
_WHOLE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.0*)?|\d+(?:\.0*)?|\d+(?:\.\d+)?e\+?\d{1,2}", re.ASCII)
_SLASHES = re.compile(
    r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?(?:[ T]+(\d{1,2})[:時](\d{1,2})(?:[:分](\d{1,2}))?分?)?"
)
_EPOCHS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Epoch seconds, thousandths, millionths and billionths of them, by their digits: from 2001 to 2286."""


class Unreadable(ValueError):
    """A value says something, and not in any way that is known."""


def is_nothing(value: object) -> bool:
    """Tell whether a value is one of the markers for nothing. A caption never is: 「-」 may be a joke."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and value.strip().lower() in _NOTHING


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
        if not _WHOLE.fullmatch(digits):
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

    Read are ISO 8601, 2013/5/1 9:30, 2013年5月1日 and epoch times (seconds to nanoseconds).

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
    if re.fullmatch(r"\d{10,19}(?:\.\d*)?", written, re.ASCII):
        return _epoch(written.partition(".")[0])
    if parts := _SLASHES.fullmatch(written):
        year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=JAPAN).astimezone(UTC)
    found = datetime.fromisoformat(written.replace("/", "-"))
    return (found if found.tzinfo else found.replace(tzinfo=JAPAN)).astimezone(UTC)


def _epoch(digits: str) -> datetime:
    if len(digits) not in _EPOCHS:
        raise Unreadable(digits)
    return datetime.fromtimestamp(int(digits) / _EPOCHS[len(digits)], UTC)
