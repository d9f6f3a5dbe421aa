"""bokete from 2015: Bootstrap, with a boke's text as a heading.

Facts: the readers of 2015 to 2018 that are listed for `bootstrap_2018`. That a heading held the text in 2015
is what this project started from; no public reader says so.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.entry_links import (
    boke_number,
    embedded_captions,
    leads_to_another_odai,
    posted_text,
    second_text,
    whole_caption,
)
from crawler.parsing.markup import Document, attribute, boke_text, first, identifier, text
from crawler.parsing.values.numbers import read_number

CONTENT = ".content-boke"
_ENTRIES = ".content-boke > .boke"
_PHOTO = './/*[contains(@class, "photo-content")]//a[img] | .//a[contains(@href, "/odai/")][img]'


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(CONTENT))


def read(document: Document) -> Page:
    """Read an odai page, a boke page or a list."""
    root = document.root
    entries = root.css(_ENTRIES)
    embedded = cache(lambda: embedded_captions(root))
    bokes = [_boke(document, entry, embedded) for entry in entries]
    following = root.css('.pagination .next a::attr(href), a[rel="next"]::attr(href)').getall()
    odai_id = identifier("odai", document.path)
    photos = root.css(CONTENT).xpath(_PHOTO) or root.xpath(_PHOTO)
    if odai_id is None:
        odai = [attribute(link, "href") for link in photos]
        links = [*document.links(odai), *document.links(following)[:1]]
        is_boke = identifier("boke", document.path) is not None
        expected = ("stars", "posted") if is_boke else ("stars", "posted", "image_url")
        return Page(bokes=bokes, links=links, expected=expected)
    return Page(
        odai_id=odai_id,
        image_url=document.photo(
            first([image for image in photos.xpath("img") if not leads_to_another_odai(document, image)])
        ),
        bokes=bokes,
        links=document.links(following)[:1],
        expected=("stars", "posted"),
    )


def _boke(document: Document, entry: Selector, embedded: Callable[[], Mapping[int, Sequence[str]]]) -> Boke:
    caption = first(entry.css(".boke-text"))
    address = first(entry.css("a.boke-text, .boke-text a"))
    photo = first(list(entry.xpath(_PHOTO)))
    in_place = first(list(entry.xpath('.//*[contains(@class, "photo-content")]//a')))  # a text has no picture
    shown_with = in_place if photo is None else photo
    odai = document.link(attribute(shown_with, "href")) if shown_with is not None else None
    boke_id = boke_number([address]) if address is not None else None
    stars = second_text(first(entry.css(".boke-stars a")))
    posted = posted_text(document, entry, address, first(entry.css(".boke-information-label a")))
    return Boke(
        boke_id=boke_id,
        text=whole_caption(boke_text(caption), lambda: embedded().get(boke_id or 0, ())),
        odai_id=identifier("odai", odai) or identifier("odai", document.path),
        image_url=document.photo(first(photo.xpath("img"))) if photo is not None else None,
        stars=read_number(stars),
        raters=read_number(text(first(entry.css(".boke-stars small")))),
        category=text(first(entry.css('a[href*="/boke/category/"]'))) or None,
        posted=document.date(posted),
        stars_text=stars,
        posted_text=posted,
    )
