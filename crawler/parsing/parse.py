"""Turns a page's bytes into its row of the pages table: no network, no files, and nothing raises."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from types import ModuleType

from parsel import Selector

from crawler.items import Boke, Page, PageRow
from crawler.layouts import angular_2020, bootstrap_2015, bootstrap_2018, jquery_2013, next_2024
from crawler.parsing.feed import FEED, read_feed
from crawler.parsing.markup import Document, first, identifier, text
from crawler.parsing.wholeness import page_is_cut
from crawler.permission.optouts import Header, opt_out
from store.addresses import is_same_site, page_address

LAYOUTS: Sequence[ModuleType] = (next_2024, angular_2020, bootstrap_2018, bootstrap_2015, jquery_2013)
"""Every layout, in the order in which they are tried; the first that matches reads the page.

bootstrap_2018 comes before bootstrap_2015, whose selector it also matches."""
KINDS = {
    "写真": "photo",
    "イラスト": "illustration",
    "カルタ": "karuta",
    "虫食い": "fill-in",
    "テキスト": "text",
}
"""The kind of an odai by its category, for categories that name a kind."""


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
    for layout in LAYOUTS:
        if layout.matches(document):
            page = layout.read(document)
            leads_on = bool(page.links) or _shows_boke(document.root.css(layout.CONTENT))
            return layout.__name__.rpartition(".")[2], _checked(document, page, leads_on)
    if _says_missing(document):
        return None, Page("missing", "the site says that there is no such page")
    return None, Page("drift", "no known layout matches this markup")


def page_row(url: str, fetched_at: datetime, page: Page, status: int | None) -> PageRow:
    """Return a row of the pages table with what `page` says; layout and sha256 are None."""
    row = PageRow(vars(page), url=url, fetched_at=fetched_at, status=status, layout=None, sha256=None)
    row["bokes"] = [vars(boke) for boke in page.bokes]
    return row


def _checked(document: Document, page: Page, leads_on: bool) -> Page:
    """Return the page with each boke once and links to its own site only, or the page as drift.

    A layout that matches, but finds no photo, text or number, is drift. A page without any boke need not be:
    an odai that nobody has answered has none, and so has a page past the end. It is drift if it is a list's
    first page, or links to boke or to a next page.

    Args:
        leads_on: whether the page has links to follow, or links to a boke within its content.
    """
    if page.outcome != "ok":
        return page
    if not page.bokes and _says_missing(document):
        return Page("missing", "the site says that there is no such page")
    own = (page_address(link, document.url) for link in page.links if is_same_site(link, document.url))
    links = list(dict.fromkeys(own))
    kind = page.kind or KINDS.get(page.category or "")
    page = replace(page, bokes=_once(page.bokes), links=links, kind=kind)
    missing = None
    if page.odai_id is not None and not page.image_url and page.kind != "text":
        missing = "no photo"
    elif any(not boke.text for boke in page.bokes):
        missing = "a boke without text"
    elif any(boke.boke_id is None for boke in page.bokes):
        missing = "a boke without its number"
    elif not page.bokes and (leads_on or page.error or (page.odai_id is None and document.number == 1)):
        missing = "; ".join(filter(None, ["no boke", page.error]))
    if missing:
        return replace(page, outcome="drift", error=f"the layout matches, but yields {missing}")
    return page


def _shows_boke(content: Iterable[Selector]) -> bool:
    """Tell whether the content links to the page of any boke."""
    hrefs = (href for part in content for href in part.css('a[href*="/boke/"]::attr(href)').getall())
    return any(identifier("boke", href) is not None for href in hrefs)


def _says_missing(document: Document) -> bool:
    # The site answers some missing pages with status 200, and says so only in the text.
    return "見つかりません" in text(first(document.root.css("body")))


def _once(bokes: list[Boke]) -> list[Boke]:
    """Return each boke once, by its number, or by its text if it has none."""
    seen: dict[object, Boke] = {}
    for boke in bokes:
        seen.setdefault(boke.boke_id if boke.boke_id is not None else (boke.text,), boke)
    return list(seen.values())
