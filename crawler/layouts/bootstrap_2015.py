"""bokete from 2015: Bootstrap, with a boke's text as a heading."""

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, first, identifier, integer, text

CONTENT = ".content-boke"
_ENTRIES = ".content-boke > .boke"
_PHOTO = ".boke-photo .boke-photo-content > a"


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(CONTENT))


def read(document: Document) -> Page:
    """Read an odai page, a boke page or a list."""
    root = document.root
    bokes = [_boke(document, entry) for entry in root.css(_ENTRIES)]
    following = root.css('.pagination .next a::attr(href), a[rel="next"]::attr(href)').getall()
    odai_id = identifier("odai", document.path)
    if odai_id is None:
        odai = root.css(f"{_PHOTO}::attr(href)").getall()
        return Page(bokes=bokes, links=[*document.links(odai), *document.links(following)[:1]])
    return Page(
        odai_id=odai_id,
        image_url=document.photo(first(root.css(f"{_PHOTO} > img"))),
        bokes=bokes,
        links=document.links(following)[:1],
    )


def _boke(document: Document, entry: Selector) -> Boke:
    stars = first(entry.css(".boke-stars a"))
    odai = document.link(entry.css(f"{_PHOTO}::attr(href)").get())
    address = entry.css("a.boke-text, .boke-text a").xpath("@href")
    return Boke(
        boke_id=identifier("boke", document.link(address.get())),
        text=text(first(entry.css(".boke-text"))),
        odai_id=identifier("odai", odai) or identifier("odai", document.path),
        image_url=document.photo(first(entry.css(f"{_PHOTO} > img"))),
        stars=integer(text(stars)),
        raters=integer(text(first(entry.css(".boke-stars small")))),
        category=text(first(entry.css('a[href^="/boke/category/"]'))) or None,
        posted=document.date(text(first(entry.css(".boke-information-label a")))),
    )
