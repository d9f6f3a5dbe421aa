"""bokete in 2013: XHTML with jQuery UI. Lists, a user's page, odai and boke pages."""

import re

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, first, identifier, integer, text, unique

CONTENT = "#main_base > .main_container"
_ENTRIES = "div.boke-entry[id], div.boke-list"
_RATERS = re.compile(r"[（(]\s*([\d,]+)\s*[）)]")


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(f"{_ENTRIES}, #pager-plusone, {CONTENT}"))


def read(document: Document) -> Page:
    """Read a page of any kind; its tags are the labels, without confidences."""
    root = document.root
    entries = root.css(_ENTRIES)
    bokes = [_boke(document, entry) for entry in entries]
    following = document.links(root.css(".pager-plusone-next a::attr(href)").getall())[:1]
    odai_id = identifier("odai", document.path)
    if odai_id is None and identifier("boke", document.path) is None:
        return Page(bokes=bokes, links=[*document.links(_odai_hrefs(root)), *following])
    tags = unique([text(tag) for tag in entries.css('a[href^="/boke/tag/"]')])
    if odai_id is None:
        links = document.links(_odai_hrefs(root))
        return Page(labels=tags, label_confidences=[None] * len(tags), bokes=bokes, links=links)
    return Page(
        odai_id=odai_id,
        image_url=document.photo(first(root.css("div.photo img"))),
        labels=tags,
        label_confidences=[None] * len(tags),
        bokes=bokes,
        links=following,
    )


def _odai_hrefs(node: Selector) -> list[str]:
    return node.css('div.photo a[href^="/odai/"]::attr(href)').getall()


def _boke(document: Document, entry: Selector) -> Boke:
    rating = first(entry.css(".boke-entry-rating .accordion-header a"))
    raters = _RATERS.search(text(rating))
    date = entry.css('.boke-entry-info a[href^="/boke/"]:not([href*="/category/"]):not([href*="/tag/"])')
    odai = document.link(next(iter(_odai_hrefs(entry)), None))
    return Boke(
        boke_id=integer(entry.attrib.get("id")) or identifier("boke", entry.css("h3 a::attr(href)").get()),
        text=text(first(entry.css("p.boke_read, h3"))),
        odai_id=identifier("odai", odai) or identifier("odai", document.path),
        image_url=document.photo(first(entry.css("div.photo img"))),
        stars=integer(text(first(rating.css("em")))) if rating else None,
        raters=integer(raters[1]) if raters else None,
        category=text(first(entry.css('.boke-entry-info a[href^="/boke/category/"]'))) or None,
        posted=document.date(text(first(list(date)))),
    )
