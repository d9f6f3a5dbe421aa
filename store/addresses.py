"""Addresses of photos and sites, in Python and in SQL; a test checks that the two agree."""

import re
from itertools import pairwise

WIDTHS = (600, 400, 240)
"""The widths, in pixels, in which the site keeps a photo, the widest first."""

_PHOTO = r"/photo/odai/\d+/([0-9a-f]{32})_\d+\."


def photo_key(url: str) -> str:
    """Return what the addresses of a photo's copies have in common: on bokete, the md5 in them.

    Any other address is its own key, but for the scheme.
    """
    match = re.search(_PHOTO, url, re.ASCII)
    return match[1] if match else re.sub("^https?:", "", url)


def sql_photo_key(column: str) -> str:
    """Return a SQL expression for `photo_key` of `column`."""
    found = f"nullif(regexp_extract({column}, '{_PHOTO}', 1), '')"
    return f"coalesce({found}, regexp_replace({column}, '^https?:', ''))"


def narrower(url: str) -> str | None:
    """Return the address of a photo's next narrower copy; None if there is none."""
    for wide, narrow in pairwise(WIDTHS):
        address, count = re.subn(_copy(wide), rf"/photo/odai/{narrow}/\1_{narrow}.", url)
        if count:
            return address
    return None


def sql_narrower(column: str) -> str:
    """Return a SQL expression for `narrower` of `column`."""
    cases = (
        f"WHEN regexp_matches({column}, '{_copy(wide)}')"
        f" THEN regexp_replace({column}, '{_copy(wide)}', '/photo/odai/{narrow}/\\1_{narrow}.')"
        for wide, narrow in pairwise(WIDTHS)
    )
    return f"CASE {' '.join(cases)} END"


def _copy(width: int) -> str:
    return rf"/photo/odai/{width}/([0-9a-f]{{32}})_{width}\."


def sql_host(column: str) -> str:
    """Return a SQL expression for the host of the address in `column`."""
    return f"regexp_extract({column}, '^(?:https?:)?//([^/]+)', 1)"
