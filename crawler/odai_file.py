"""Reads a file that names odai, as people write such files: numbers or addresses, with comments."""

import codecs
import re
from pathlib import Path

from store.addresses import is_same_site, page_address
from store.errors import UsageError

_ODAI = re.compile(r"^https?://[^/]+/odai/(\d{1,15})(?:\?|$)", re.ASCII)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def odai_numbers(path: Path, site: str) -> list[int]:
    """Return the odai that a file names, one a line, in its order.

    A line has a number or the address of an odai of the site; what follows ` #` is a comment. The file is
    UTF-8, or UTF-16 with a byte-order mark, as some editors write it.

    Args:
        path: the file, `crawl.odai_file`.
        site: the address of the site.

    Raises:
        UsageError: the file cannot be read, or a line names no odai of the site; with the line's number.
    """
    try:
        content = path.read_bytes()
        encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
        lines = content.decode(encoding).splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"crawl.odai_file {path} cannot be read: {error}") from None
    numbers = []
    for place, line in enumerate(lines, 1):
        text = re.split(r"(?:^|\s)#", line)[0].strip()
        if not text:
            continue
        number = _number(text, site)
        if number is None:
            raise UsageError(
                f"crawl.odai_file {path}, line {place}: {text[:40]!r} is not the number of an odai. Write "
                f"numbers or addresses such as {site.rstrip('/')}/odai/123; what follows # is a comment"
            )
        numbers.append(number)
    return numbers


def _number(text: str, site: str) -> int | None:
    if text.isdecimal() and len(text) <= 15:
        return int(text)
    found = _ODAI.match(page_address(text, site)) if is_same_site(text, site) else None
    return int(found[1]) if found else None
