"""bokete since 2024: Next.js, with a button below a list that loads more entries."""

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, first, identifier, integer, text

CONTENT = "#__next > main"
MORE = "#__next main button"
"""The CSS selector of the button below a list that has more entries."""
_BLOCKS = '//*[@id="__next"]/main/div[1]/div'
INCOMPLETE = "possibly incomplete: more boke come by a button, which crawl.render: chromium would press"


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(CONTENT))


def read(document: Document) -> Page:
    """Read an odai page, a boke page or a list."""
    root = document.root
    entries = [block for block in root.xpath(_BLOCKS) if block.xpath(".//h1")]
    if not entries and "エラーが発生しました" in text(first(root.css("main"))):
        return Page("error", "the site says that it has trouble; it asks to come back in minutes")
    shown = first(list(root.xpath(f"{_BLOCKS}[1]/a[figure]")))
    bokes = [_boke(document, entry, first(list(entry.xpath("a[figure]"))) or shown) for entry in entries]
    more = INCOMPLETE if root.css(MORE) else None
    odai_id = identifier("odai", document.path)
    if odai_id is None:
        odai = root.xpath(f"{_BLOCKS}/a[figure]/@href").getall()
        return Page(bokes=bokes, links=document.links(odai), error=more)
    photo = document.photo(first(list(shown.xpath("figure/img")))) if shown else None
    return Page(odai_id=odai_id, image_url=photo, bokes=bokes, error=more)


def _boke(document: Document, entry: Selector, photo: Selector | None) -> Boke:
    """Return an entry's boke; `photo` is the link around the entry's photo, or the page's only one."""
    cells = "div/div/div/div"
    odai = document.link(photo.attrib.get("href")) if photo else None
    return Boke(
        boke_id=identifier("boke", document.link(entry.xpath(".//a[h1]/@href").get())),
        text=text(first(list(entry.xpath(".//a/h1")))),
        odai_id=identifier("odai", odai) or identifier("odai", document.path),
        image_url=document.photo(first(list(photo.xpath("figure/img")))) if photo else None,
        stars=integer(text(first(list(entry.xpath(f"{cells}[3]/div[1]/a"))))),
        category=text(first(entry.css('a[href^="/boke/category/"]'))) or None,
        posted=document.date(text(first(list(entry.xpath(f"{cells}[3]/div[2]/a"))))),
    )
