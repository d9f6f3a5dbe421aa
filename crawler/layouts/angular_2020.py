"""bokete from 2020 to early 2024: HTML from the server, completed by AngularJS in the browser.

Facts: hairhair/bokete_crawl (2020-04-25), meciwo/neural_joking_machine (2020-11-28) and others. The odai's
block is `//*[@id="content"]/div[1]`; beside its photo, at `div[1]/div/div/a/img` or in `div.photo-content`,
stand three `div`: the second holds who set the odai, whose photo it is, and the category, its *third* link;
the third holds the labels, links of exactly the classes `btn btn-sm btn-default`. Entries are
`//div[@id="content"]/div[@class="boke"]`, their text `a[@class="boke-text"]/div`, or percent-encoded in that
div's `ng-init`; stars are the second text node of `div.boke-stars a`. A list goes on by
`button.btn.btn-primary.btn-long[ng-click]`, which names the four parameters of `/boke/recent/panel`.
`/odai/popular` has its odai at `//*[@id="content"]/div[2]/div[i]/div/h3/b/a`. An odai that is not there has
`div.en-message`. Dates and raters have no reader: they are found by what links hold.
"""

import re
from urllib.parse import unquote, urlencode

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.decoding.javascript import unescaped
from crawler.parsing.entry_links import boke_number, leads_to_another_odai, posted_text, second_text
from crawler.parsing.markup import (
    Document,
    attribute,
    boke_text,
    boke_text_of,
    first,
    identifier,
    labels,
    text,
)
from crawler.parsing.values.numbers import read_number

CONTENT = "#content"
_ENTRIES = '//div[@id="content"]/div[@class="boke"] | //body/div[@class="boke"]'
_BLOCK = '//div[@id="content"]/div[not(@class="boke")][1]'
_NG_TEXT = re.compile(r"""\bt\s*=\s*(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)")""", re.DOTALL)
_PLACE = re.compile(r"\{\{[^{}]*\}\}")
"""Where AngularJS puts a text: what stands there before it has come is none."""
_PANEL = ("max_id", "category", "op", "rate")
_PANEL_VALUES = re.compile("{" + ",".join(rf"{name}:'?([\w%.-]*)'?" for name in _PANEL) + "}")
_LABEL = 'a[@class="btn btn-sm btn-default"]'


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    root = document.root
    return bool(root.css("html[ng-app], .en-message") or root.xpath(f"({_ENTRIES})/a[@class='boke-text']"))


def read(document: Document) -> Page:
    """Read an odai page, a boke page, a list, or a panel that a list loads later."""
    root = document.root
    entries = root.xpath(_ENTRIES)
    if not entries and root.css("div.en-message"):
        return Page("missing", "the site says that there is no such page")
    bokes = [_boke(document, entry) for entry in entries]
    odai_id = identifier("odai", document.path)
    if odai_id is None:
        odai = [href for entry in entries if (href := _odai_href(entry))]
        links = [*document.links(odai), *_next(document)]
        is_boke = identifier("boke", document.path) is not None
        return Page(bokes=bokes, links=links, expected=("stars",) if is_boke else ("stars", "image_url"))
    photo = _odai_photo(document)
    beside = _beside(root, photo)
    category, words = _category(beside), beside[2].xpath(f".//{_LABEL}") if len(beside) > 2 else []
    named, confidences = labels(list(words))
    return Page(
        odai_id=odai_id,
        image_url=document.photo(photo),
        category=category,
        labels=named,
        label_confidences=confidences,
        bokes=bokes,
        links=_next(document),
        expected=("stars",),
    )


def _odai_photo(document: Document) -> Selector | None:
    """Return the odai's photo: the image within the first block of the content that is no entry."""
    attested = f'{_BLOCK}/div[1]/div/div/a/img | {_BLOCK}//div[contains(@class, "photo-content")]//img'
    images = document.root.xpath(attested) or document.root.xpath(
        f'{_BLOCK}//a[contains(@href, "/odai/")]//img'
    )
    return first([image for image in images if not leads_to_another_odai(document, image)])


def _beside(root: Selector, photo: Selector | None) -> list[Selector]:
    """Return the `div`s beside the link of the odai's photo, or beside the block that holds the link.

    An odai of text has no photo; its `div`s are at the attested place.
    """
    if photo is None:
        return list(root.xpath(f"{_BLOCK}/div[1]/div/div/div"))
    link = photo.xpath("ancestor::a[1]")
    if found := list(link.xpath("../div")):
        return found
    found = list(link.xpath("../../div"))
    return [div for div in found if not div.xpath("a/img")] if len(found) > 3 else found


def _category(beside: list[Selector]) -> str | None:
    """Return the odai's category; the two links before it are users, and so is every link without it."""
    if len(beside) < 2:
        return None
    link = first(list(beside[1].xpath("(.//a)[3]")))
    return None if link is None or "/user/" in attribute(link, "href") else text(link) or None


def _odai_href(entry: Selector) -> str | None:
    link = entry.xpath('.//a[descendant::img and contains(@href, "/odai/")]/@href').get()
    return link or entry.css("div.photo-content a::attr(href)").get()


def _boke(document: Document, entry: Selector) -> Boke:
    caption = first(list(entry.xpath('a[@class="boke-text"]')))
    photo = first(
        list(
            entry.xpath(
                './/div[contains(@class, "photo-content")]//img | .//a[contains(@href, "/odai/")]//img'
            )
        )
    )
    stars = second_text(first(entry.css("div.boke-stars a")))
    posted = posted_text(document, entry, caption, first(entry.css("div.boke-information-label a")))
    return Boke(
        boke_id=boke_number([caption]) if caption is not None else None,
        text=_text(caption) if caption is not None else "",
        odai_id=identifier("odai", document.link(_odai_href(entry))) or identifier("odai", document.path),
        image_url=document.photo(photo),
        stars=read_number(stars),
        raters=read_number(text(first(entry.css("div.boke-stars small")))),
        category=text(first(entry.css('a[href*="/boke/category/"]'))) or None,
        posted=document.date(posted),
        stars_text=stars,
        posted_text=posted,
    )


def _text(caption: Selector) -> str:
    """Return a boke's text: from its block, or else from the script that fills the block in the browser."""
    block = first(list(caption.xpath("div")))
    shown = boke_text(block if block is not None else caption)
    if block is None or (shown and not _PLACE.fullmatch(shown)):
        return shown
    match = _NG_TEXT.search(attribute(block, "ng-init"))
    return boke_text_of(unquote(unescaped(match[1] or match[2] or ""))) if match else ""


def _next(document: Document) -> list[str]:
    """Return the address of the next page, or else of the list's next panel; at most one."""
    following = document.root.css('a[rel="next"]::attr(href), a.btn-more::attr(href)').getall()
    for click in document.root.css("button.btn.btn-primary.btn-long::attr(ng-click)").getall():
        if values := _PANEL_VALUES.search(re.sub(r"\s", "", click).replace('"', "'")):
            panel = dict(zip(_PANEL, map(unquote, values.groups()), strict=True))
            names = ("category", "max_id", "op", "rate")
            following.append("/boke/recent/panel?" + urlencode({name: panel[name] for name in names}))
    return document.links(following)[:1]
