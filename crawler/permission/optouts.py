"""Opt-outs: what a page's or photo's headers and metas say about collecting it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from parsel import Selector

from crawler.permission.signals import DIRECTIVES, PREFERENCES, TDM, WITH_VALUE, refusal

ROBOT = "bokeru"
"""This crawler's name in robots.txt, headers and metas: the product token of its User-Agent."""

Header = tuple[str, str]
"""Name and value of one header line; a name may occur more than once."""

_META = "meta[content]"
_TOKEN = re.compile(r"[a-z_-]+", re.I)
_SEPARATOR = re.compile(r"[,;](?!\s*\d)")  # a comma or semicolon, but not that within a date
_NAMED = re.compile(r"\s*([\w*./-]+)\s*:\s*(.*)", re.S)


def product_token(name: str) -> str:
    """Return the product token that a robot's name starts with, in lower case: `Bokeru/0.1 (x)` is bokeru.

    A token is letters, `-` and `_` (RFC 9309, section 2.2.1); what people write behind it, a version or the
    word Bot, is cut off, as Google's parser does.
    """
    match = _TOKEN.match(name.strip().lstrip("*\"'“”«([ \t"))
    return match[0].lower() if match else ""


def opt_out(
    headers: Iterable[Header], page: Selector | None = None, at: datetime | None = None
) -> str | None:
    """Return the words that opt out, and where they stand; None if there are none.

    Args:
        headers: the answer's headers.
        page: the parsed page, for its metas.
        at: the moment that `unavailable_after` is compared with, UTC; now if None.
    """
    at = at or datetime.now(UTC)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.strip().lower(), []).append(value)
    metas = list(_metas(page))
    for header in values.get("x-robots-tag", ()):
        if word := _refusing(header, at):
            return f"X-Robots-Tag: {word}"
    for name, content in metas:
        if name in ("robots", ROBOT, "x-robots-tag") and (word := _refusing(content, at)):
            return f"meta robots: {word}"
    for name in PREFERENCES:
        if word := refusal(name, ", ".join(values.get(name, ()))):
            return f"{name.title()}: {word}"
    return _tdm(values.get(TDM, ()), [content for name, content in metas if name == TDM])


def _tdm(headers: Iterable[str], metas: Iterable[str]) -> str | None:
    """Return TDM's reservation: of the values 1 and 0 that are set, a meta's counts before a header's."""
    for place, values in ((f"meta {TDM}", metas), (TDM, headers)):
        found = {value.strip() for text in values for value in text.split(",")} & {"0", "1"}
        if found:
            return f"{place}: 1" if "1" in found else None
    return None


def _metas(page: Selector | None) -> Iterator[Header]:
    for meta in page.css(_META) if page is not None else ():
        name = meta.root.get("name") or meta.root.get("http-equiv") or ""
        yield name.strip().lower(), meta.root.get("content") or ""


def _refusing(value: str, at: datetime) -> str | None:
    """Return the first directive that refuses this crawler: after `other:`, the following ones do not."""
    applies = True
    for part in _SEPARATOR.split(value):
        named = _NAMED.fullmatch(part)
        if named and named[1].lower() not in WITH_VALUE:
            applies = named[1] == "*" or product_token(named[1]) == ROBOT
            part, named = named[2], _NAMED.fullmatch(named[2])
        if not applies:
            continue
        if named and named[1].lower() == "unavailable_after":
            if is_past(named[2], at):
                return f"unavailable_after: {named[2].strip()}"
        elif found := next((word for word in part.lower().split() if word in DIRECTIVES), None):
            return found
    return None


def is_past(text: str, at: datetime) -> bool:
    """Tell whether the moment that `unavailable_after` names is over; one that is no date never is.

    Source: RFC 822, 850 or ISO 8601, as Google's page on X-Robots-Tag says; a zone may be a name.
    """
    moment = None
    text = text.strip()
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
    if moment is None:
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            moment = parsedate_to_datetime(text)
    return moment is not None and moment.replace(tzinfo=moment.tzinfo or UTC) < at
