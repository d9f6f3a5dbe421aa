"""Retry-After in every form that servers send it: seconds, or a date by the server's own clock."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_MOST = 2.0**31
"""Seconds that stand for any larger number, as RFC 9111 (section 1.2.2) has it for delta-seconds."""
_ZONE = re.compile(r"(?:GMT|UTC?|Z|[+-]\d{4})$|\d{1,2}:\d{2}:\d{2} \d{4}$", re.ASCII | re.IGNORECASE)
"""How a date ends whose zone is known: other letters would be read as GMT. asctime's form has no zone."""
_NO_YEAR = re.compile(r"(?<![+-])\b00\d\d\b", re.ASCII)
"""A year that stands for none (Go writes 0001 for a time that was never set), and would be read as 2001."""


def retry_after(values: Iterable[bytes], date: bytes | None, received: datetime) -> float:
    """Return the seconds that an answer asks to be left alone for; 0 where nothing of it can be understood.

    Args:
        values: its Retry-After headers. There should be one; of several, the longest counts.
        date: its Date header: what the server's clock showed. Without one that can be read, ours counts.
        received: when it came.

    Source: RFC 9110, sections 10.2.3, 5.6.7 and 6.6.1. Fractions of a second, which it does not know, are
    rounded up.
    """
    now = moment(_text(date)) or received
    return max((_seconds(part, now) for value in values for part in _parts(_text(value))), default=0.0)


def _parts(text: str) -> list[str]:
    """Return the numbers of a list, which repeated headers become on their way; a date has a comma inside."""
    parts = [part.strip() for part in text.split(",")]
    return parts if all(map(_SECONDS.fullmatch, parts)) else [text]


def _seconds(text: str, now: datetime) -> float:
    if _SECONDS.fullmatch(text):
        return float(math.ceil(min(float(text), _MOST)))
    at = moment(text)
    return max((at - now).total_seconds(), 0.0) if at else 0.0


def moment(text: str) -> datetime | None:
    """Return the moment that an HTTP date names, in any of its three forms; None if it is none."""
    if not _ZONE.search(text) or _NO_YEAR.search(text):
        return None
    try:
        at = parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _text(value: bytes | None) -> str:
    return (value or b"").decode("latin-1").strip()
