"""From a page's bytes to its row in the pages table: no network, no files, and nothing raises."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from types import ModuleType

from crawler.items import Boke, Page, PageRow
from crawler.markup import Document
from crawler.pages import angular_2020

LAYOUTS: Sequence[ModuleType] = (angular_2020,)
"""Every layout that is known, in the order of asking."""


def parse(
    body: bytes,
    url: str,
    fetched_at: datetime,
    content_type: str | None = None,
    *,
    status: int | None = None,
) -> PageRow:
    """Return the row of the pages table for one page.

    Args:
        body: the page as it was sent, any bytes at all.
        url: the address that it was asked for under.
        fetched_at: when it was fetched, UTC; relative dates count back from it.
        content_type: the header of that name, for the charset in it.
        status: the HTTP status, None for a saved page.
    """
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type or "", re.I | re.ASCII)
    document = Document(body, url, fetched_at, charset[1] if charset else None)
    layout, page = read(document)
    return PageRow(
        {
            **row(url, fetched_at, page, status),
            "layout": layout,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )


def read(document: Document) -> tuple[str | None, Page]:
    """Return the layout's name and what it reads; a page that no layout knows has none, and is drift."""
    for layout in LAYOUTS:
        if layout.matches(document):
            return layout.__name__.rpartition(".")[2], _checked(document, layout.read(document))
    return None, Page("drift", "no known layout matches this markup")


def row(url: str, fetched_at: datetime, page: Page, status: int | None) -> PageRow:
    """Return a row of the pages table; layout and sha256 are left empty."""
    columns = {**asdict(page), "url": url, "fetched_at": fetched_at, "status": status}
    return PageRow(columns, layout=None, sha256=None)


def _checked(document: Document, page: Page) -> Page:
    """Return the page with each boke once; a layout that matches but finds no text or no photo is drift."""
    if page.outcome != "ok":
        return page
    page = replace(page, bokes=_once(page.bokes))
    what = None
    if page.odai_id is not None and not page.image_url and page.kind != "text":
        what = "no photo"
    elif any(not boke.text for boke in page.bokes):
        what = "a boke without text"
    elif any(boke.boke_id is None for boke in page.bokes):
        what = "a boke without its number"
    elif not page.bokes and document.number == 1 and not page.links:
        what = "no boke"
    return replace(page, outcome="drift", error=f"the layout matches, but yields {what}") if what else page


def _once(bokes: list[Boke]) -> list[Boke]:
    seen: dict[object, Boke] = {}
    for boke in bokes:
        seen.setdefault(boke.boke_id if boke.boke_id is not None else (boke.text,), boke)
    return list(seen.values())
