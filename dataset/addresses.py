"""Addresses of photos and sites, in Python and in SQL: the two must agree, and a test sees that they do."""

import re

_PHOTO = r"/photo/odai/\d+/([0-9a-f]{32})_\d+\."


def photo_key(url: str) -> str:
    """Return what the addresses of a photo's widths have in common: the md5 in bokete's addresses."""
    found = re.search(_PHOTO, url)
    return found[1] if found else re.sub("^https?:", "", url)


def sql_photo_key(column: str) -> str:
    """Return a SQL expression for `photo_key` of `column`."""
    found = f"nullif(regexp_extract({column}, '{_PHOTO}', 1), '')"
    return f"coalesce({found}, regexp_replace({column}, '^https?:', ''))"


def sql_host(column: str) -> str:
    """Return a SQL expression for the host in the address in `column`."""
    return f"regexp_extract({column}, '^(?:https?:)?//([^/]+)', 1)"
