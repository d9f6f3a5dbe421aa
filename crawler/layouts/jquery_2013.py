"""bokete in 2013: XHTML with jQuery UI. Lists, a user's page, odai and boke pages.

Facts: masayukioguni/bokete_api_wrapper (2013-09-30) and its saved pages. Entries of lists are
`div.boke-entry#boke-entry-<id>`: photo in `div.photo a[href^="/odai/"] img`, text `p.boke_read`, category
and date in `p.boke-entry-info`, stars `★の合計 <em>stars</em>（raters）`, tags `a[href^="/boke/tag/"]`, next
`#pager-plusone .pager-plusone-next a`. A user's page has `div.boke-list` instead: its only link with a
number, around the photo, is the boke's; there is no odai, there are no stars, and the `h3` is no link;
category and date stand in `.boke-list-boke-meta-boke`.
"""

import re

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.entry_links import boke_number, leads_to_another_odai, posted_text
from crawler.parsing.markup import Document, attribute, boke_text, first, identifier, text, unique
from crawler.parsing.values.numbers import read_number

CONTENT = "#main_base > .main_container"
_ENTRIES = "div.boke-entry, div.boke-list"
_ENTRY = (
    'contains(concat(" ", @class, " "), " boke-entry ") or contains(concat(" ", @class, " "), " boke-list ")'
)
_OUTERMOST = f"//div[{_ENTRY}][not(ancestor::div[{_ENTRY}])]"
_ID = re.compile(r"boke-entry-(\d{1,18})", re.ASCII)
_RATED = './/*[em][not(.//*[em])][not(ancestor-or-self::p[contains(@class, "boke_read")])]'
_BRACKETS = re.compile(r"【\s*([^【】]{1,20}?)\s*】")
_RATING = re.compile(r"の合計\s*([\d,，.万千億]+)(?:\s*[（(]\s*([\d,，.万千億]+)\s*[）)])?")


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(f"{_ENTRIES}, #pager-plusone, {CONTENT}"))


def read(document: Document) -> Page:
    """Read a page of any kind; its tags are the labels, without confidences."""
    root = document.root
    entries = root.xpath(_OUTERMOST)
    bokes = [_boke(document, entry) for entry in entries]
    following = document.links(root.css(".pager-plusone-next a::attr(href)").getall())[:1]
    odai_id = identifier("odai", document.path)
    of_user = bool(root.css("div.boke-list")) and not root.css("div.boke-entry")
    fields = ("posted",) if of_user else ("stars", "posted")
    if odai_id is None and identifier("boke", document.path) is None:
        links = [*document.links(_odai_hrefs(root)), *following]
        return Page(bokes=bokes, links=links, expected=(*fields, "image_url"))
    tags = unique([text(tag) for tag in entries.css('a[href*="/boke/tag/"]')])
    if odai_id is None:
        links = document.links(_odai_hrefs(root))
        return Page(
            labels=tags, label_confidences=[None] * len(tags), bokes=bokes, links=links, expected=fields
        )
    return Page(
        odai_id=odai_id,
        image_url=document.photo(
            first(
                [image for image in root.css("div.photo img") if not leads_to_another_odai(document, image)]
            )
        ),
        labels=tags,
        label_confidences=[None] * len(tags),
        bokes=bokes,
        links=following,
        expected=fields,
    )


def _odai_hrefs(node: Selector) -> list[str]:
    return node.css('div.photo a[href*="/odai/"]::attr(href)').getall()


def _boke(document: Document, entry: Selector) -> Boke:
    numbered = _ID.fullmatch(attribute(entry, "id"))
    rating = next(filter(None, (_RATING.search(text(part)) for part in entry.xpath(_RATED))), None)
    attested = first(
        list(entry.css('.boke-entry-info a[href*="/boke/"]:not([href*="/category/"]):not([href*="/tag/"])'))
    )
    posted = posted_text(document, entry, None, attested) or text(
        first(entry.css(".boke-list-boke-meta-boke"))
    )
    odai = document.link(next(iter(_odai_hrefs(entry)), None))
    image = first(list(entry.css("div.photo img, div.boke-list-odai img")))
    stars = rating[1] if rating else ""
    return Boke(
        boke_id=int(numbered[1]) if numbered else boke_number(entry.css("div.boke-list-odai a, h3 a")),
        text=boke_text(first(entry.css("p.boke_read, h3"))),
        odai_id=identifier("odai", odai) or identifier("odai", document.path),
        image_url=document.photo(image),
        stars=read_number(stars),
        raters=read_number(rating[2]) if rating and rating[2] else None,
        category=_category(entry),
        posted=document.date(posted),
        stars_text=stars,
        posted_text=posted,
    )


def _category(entry: Selector) -> str | None:
    """Return a boke's category: a link, or what stands in 【】 beside the date, names of users left aside."""
    if linked := text(first(entry.css('a[href*="/boke/category/"]'))):
        return linked
    words = "".join(entry.css("p.boke-entry-info").xpath("text()").getall())
    named = _BRACKETS.search(words)
    return named[1] if named else None
