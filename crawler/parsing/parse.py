"""Turns a page's bytes into its row of the pages table: no network, no files, and nothing raises."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import ModuleType

from crawler.items import Page, PageRow
from crawler.layouts import (
    angular_2020,
    boke_page_2024,
    bootstrap_2015,
    bootstrap_2018,
    jquery_2013,
    next_2024,
)
from crawler.parsing.feed import FEED, read_feed
from crawler.parsing.judge import MISSING, judged, says_missing
from crawler.parsing.markup import Document
from crawler.parsing.merge import merged, own_data, with_open_graph_photo
from crawler.parsing.odai_list import with_odai_list
from crawler.parsing.outside import Outside, OutsideLayout
from crawler.parsing.site_data import site_data
from crawler.parsing.wholeness import page_is_cut, tree_is_cut
from crawler.permission.optouts import Header, opt_out

LAYOUTS: Sequence[ModuleType] = (
    next_2024,
    angular_2020,
    bootstrap_2018,
    bootstrap_2015,
    jquery_2013,
    boke_page_2024,
)
"""Every layout, in the order in which they are tried; the first that matches reads the page.

bootstrap_2018 comes before bootstrap_2015, whose selector it also matches."""
SITE_DATA = "site_data"
"""The name in the column `layout` where the markup is unknown, and the site's own data tell of the page."""


def parse(
    body: bytes,
    url: str,
    fetched_at: datetime,
    content_type: str | None = None,
    *,
    status: int | None = None,
    headers: Iterable[Header] = (),
) -> PageRow:
    """Return the row of the pages table for one page.

    A page that opts out of being collected has the outcome `denied`, and nothing of it is in the row.

    Args:
        body: the page as it was sent, any bytes at all.
        url: the address that it was fetched from.
        fetched_at: when it was fetched, UTC; relative dates count back from it.
        content_type: the header of that name, for the charset in it.
        status: the HTTP status, None for a saved page.
        headers: of the answer, for what they say about collecting it.
    """
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type or "", re.I | re.ASCII)
    document = Document(body, url, fetched_at, charset[1] if charset else None)
    if opted_out := opt_out(headers, document.root, fetched_at):
        return page_row(url, fetched_at, Page("denied", opted_out), status)
    layout, page = read(document)
    # What a layout has read is all that there is only if the page is whole.
    if layout and (cut := page_is_cut(body)):
        page = Page("error", cut)
    row = page_row(url, fetched_at, page, status)
    row.update(layout=layout, sha256=hashlib.sha256(body).hexdigest())
    return row


def read(document: Document) -> tuple[str | None, Page]:
    """Return the name of the page's layout and what it reads; if no layout matches, None and drift."""
    if not document.body.strip():
        return None, Page("error", "the body is empty")
    if (page := read_feed(document)) is not None:
        return FEED, page
    if deep := tree_is_cut(document.root.root):
        return None, Page("drift", deep)
    data = site_data(document)
    known: Sequence[OutsideLayout | ModuleType] = (*Outside.layouts, *LAYOUTS)
    for layout in known:
        if layout.matches(document):
            content = document.root.css(layout.CONTENT)
            page = with_open_graph_photo(document, merged(document, layout.read(document), data))
            return _name(layout), judged(document, with_odai_list(document, page, content), content)
    if page_of_data := own_data(document, data):
        return SITE_DATA, judged(document, page_of_data, ())
    if says_missing(document):
        return None, Page("missing", MISSING)
    return None, Page("drift", "no known layout matches this markup")


def _name(layout: OutsideLayout | ModuleType) -> str:
    return layout.name if isinstance(layout, OutsideLayout) else layout.__name__.rpartition(".")[2]


def page_row(url: str, fetched_at: datetime, page: Page, status: int | None) -> PageRow:
    """Return a row of the pages table with what `page` says; layout and sha256 are None."""
    return PageRow(page.row(), url=url, fetched_at=fetched_at, status=status, layout=None, sha256=None)
