"""Conditional requests: what an answer says of its version, and how the next request names that.

Source: RFC 9110, sections 8.8 (validators), 13.1 (conditions) and 15.4.5 (304).
"""

import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from crawler.items import Answer

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_LONGEST = 1000
_NAMES = ("etag", "last-modified")


def validators(answer: Answer) -> dict[str, str | None]:
    """Return what the columns `etag` and `last_modified` hold of an answer."""
    lines = {name: [value for key, value in answer.headers if key.lower() == name] for name in _NAMES}
    return {"etag": etag(lines["etag"]), "last_modified": last_modified(lines["last-modified"])}


def etag(values: Sequence[str]) -> str | None:
    """Return the entity tag in the lines of the header ETag, as it was sent; None without a single valid one.

    A weak tag is kept as it is: If-None-Match compares weakly.
    """
    if len(values) != 1 or len(values[0]) > _LONGEST or not _ETAG.fullmatch(values[0].strip()):
        return None
    return values[0].strip()


def last_modified(values: Sequence[str]) -> str | None:
    """Return the date in the lines of the header Last-Modified, as it was sent; None without a single one.

    It is sent back letter by letter: some servers compare letters, and not moments.
    """
    text = values[0].strip() if len(values) == 1 else ""
    try:
        parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return text if text.isascii() and text.isprintable() and len(text) <= _LONGEST else None


def conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers that ask for a page only if it has changed since; none where nothing is known.

    Both are sent where both are known: who understands If-None-Match ignores the other.
    """
    known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in known.items() if value}
