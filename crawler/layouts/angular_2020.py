"""bokete from 2020 to early 2024: HTML from the server, completed by AngularJS in the browser."""

import re
from urllib.parse import unquote

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, first, identifier, integer, labels, lines, text

CONTENT = "#content"
_ENTRIES = '//div[@id="content"]/div[@class="boke"] | //body/div[@class="boke"]'
_NG_TEXT = re.compile(r"""\bt\s*=\s*(?:'([^']*)'|"([^"]*)")""")


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    root = document.root
    return bool(root.css("html[ng-app], .en-message") or root.xpath(f"({_ENTRIES})/a[@class='boke-text']"))


def read(document: Document) -> Page:
    """Read an odai page, a boke page, a list, or a panel that a list loads later."""
    root = document.root
    bokes = [_boke(document, entry) for entry in root.xpath(_ENTRIES)]
    odais = [link for boke in root.xpath(_ENTRIES) if (link := _odai_link(document, boke))]
    odai_id = identifier("odai", document.path)
    if odai_id is None:
        return Page(bokes=bokes, links=[*dict.fromkeys(odais), *_next(document)])
    words, confidences = labels(root.css("#content a.btn.btn-sm.btn-default"))
    photo = first(root.css("#content .photo-content img"))
    links = [text(link) for link in _block_links(root)]
    return Page(
        odai_id=odai_id,
        image_url=document.photo(photo),
        category=links[2] if len(links) > 2 else None,
        labels=words,
        label_confidences=confidences,
        bokes=bokes,
        links=_next(document),
    )


def _block_links(root: Selector) -> list[Selector]:
    """Return the links of the odai's own block, the first: photo, who posted it, category, labels."""
    return list(root.xpath('//div[@id="content"]/div[not(@class="boke")][1]//a'))


def _odai_link(document: Document, entry: Selector) -> str | None:
    return document.link(entry.css("div.photo-content a::attr(href)").get())


def _boke(document: Document, entry: Selector) -> Boke:
    photo = first(entry.css("div.photo-content img"))
    stars = text(first(entry.css("div.boke-stars a")))
    raters = text(first(entry.css("div.boke-stars small")))
    return Boke(
        boke_id=identifier("boke", document.link(entry.css("a.boke-text::attr(href)").get())),
        text=_text(entry),
        odai_id=identifier("odai", _odai_link(document, entry)) or identifier("odai", document.path),
        image_url=document.photo(photo),
        stars=integer(stars),
        raters=integer(raters),
        category=text(first(entry.css('div.boke-information-label a[href*="/category/"]'))) or None,
        posted=document.date(text(first(entry.css("div.boke-information-label a")))),
    )


def _text(entry: Selector) -> str:
    """Return a boke's text: from its block, or else from the script that fills the block in the browser."""
    block = first(entry.xpath('a[@class="boke-text"]/div'))
    shown = text(block)
    if shown or block is None:
        return shown
    match = _NG_TEXT.search(block.attrib.get("ng-init", ""))
    return lines(unquote(match[1] or match[2] or "")) if match else ""


def _next(document: Document) -> list[str]:
    """Return the address of the next page, or else of the list's next panel; at most one."""
    following = document.root.css('a[rel="next"]::attr(href)').getall()
    return document.links(following or document.root.css("a.btn-more::attr(href)").getall())[:1]
