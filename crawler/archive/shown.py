"""Whether a page as it was fetched shows something that is on the forget list: then it is not kept."""

import html
import re
from collections.abc import Iterator

from crawler.items import Answer, PageRow
from crawler.parsing.answer import answer_row
from store.addresses import numbered
from store.forget.forgotten import ForgottenFilter, Kind

_BOKE = re.compile(rb"boke\D{0,24}?(\d{1,18})(?!\d)")
_ID = re.compile(rb'"id\\?"\s*:\s*\\?"?(\d{1,18})(?!\d)')
_ODAI = re.compile(rb"odai\D{0,24}?(\d{1,18})(?!\d)")
_ADDRESS = re.compile(rb"/(?:/|photo/odai/)[^\s\"'<>\\()]{1,2000}")
_SLASHES = (rb"\u002F", rb"\u002f", b"%2F", b"%2f", rb"\/")


def shows_forgotten(answer: Answer, forgotten: ForgottenFilter, row: PageRow | None = None) -> bool:
    """Tell whether a page shows a photo, an odai or a boke that is on the forget list.

    A page holds more than its row does: so any mention of a boke or a photo counts. That of an odai may be a
    link; then the row decides, if the page can be read.

    Args:
        row: what the page says, as `answer_row` reads it, where it was read already.
    """
    if not forgotten:
        return False
    pages = (numbered(url) for url in (answer.address, answer.url))
    if any(page and forgotten.holds(*page) for page in pages):
        return True
    if row is not None and forgotten.page(row) is not row:
        return True
    found = {kind for kind, value in set(_mentions(answer.body)) if forgotten.holds(kind, value)}
    if found != {"odai"}:
        return bool(found)
    row = answer_row(answer) if row is None else row
    return row["outcome"] != "ok" or forgotten.page(row) is not row


def _mentions(body: bytes) -> Iterator[tuple[Kind, int | str]]:
    """Yield the boke, odai and addresses that a page names anywhere, in its scripts too."""
    body = body.replace(b"\0", b"")  # UTF-16 has a zero byte in each of these characters
    for slash in _SLASHES:
        body = body.replace(slash, b"/")
    lower = body.lower()
    yield from (("boke", int(number)) for pattern in (_BOKE, _ID) for number in pattern.findall(lower))
    yield from (("odai", int(number)) for number in _ODAI.findall(lower))
    yield from (("url", html.unescape(address.decode("latin-1"))) for address in _ADDRESS.findall(body))
