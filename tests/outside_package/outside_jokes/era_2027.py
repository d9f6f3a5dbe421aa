"""A layout, as a module: entries are articles with a number and a quotation."""

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, identifier

CONTENT = "main.era-2027"


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(CONTENT))


def read(document: Document) -> Page:
    """Read an odai's page."""
    odai = identifier("odai", document.path)
    entries = document.root.css(f"{CONTENT} article")
    bokes = [Boke(int(one.attrib["data-boke"]), one.css("q::text").get(""), odai_id=odai) for one in entries]
    return Page(odai_id=odai, image_url=document.photo(document.root.css("img")[0]), bokes=bokes)
