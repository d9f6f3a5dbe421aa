"""The page of one boke as it was after 2024-02-20, before Next.js came to it.

Facts: one reader of that time. The photo is the second `img[src][alt]` of the page, the caption the `h1`,
the date `a[title="ボケ詳細"][target="_self"]`. Stars stand in Open Graph's description, after
★ and before 」.
"""

import re

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, boke_text, first, identifier, text
from crawler.parsing.values.numbers import read_number

CONTENT = "h1"
_DATE = 'a[title="ボケ詳細"][target="_self"]'
_STARS = re.compile(r"★\s*([\d,，.]+\s*[千万億KkMm]?)[^」]*」?")


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return identifier("boke", document.path) is not None and bool(document.root.css(_DATE))


def read(document: Document) -> Page:
    """Read the one boke."""
    root = document.root
    image = _photo(document)
    described = root.css('meta[property="og:description"]::attr(content)').get() or ""
    stars = _STARS.search(described)
    posted = text(first(root.css(_DATE)))
    odai = document.links(root.css('a[href*="/odai/"]::attr(href)').getall())
    of_photo = document.link(image.xpath("ancestor::a[1]/@href").get()) if image is not None else None
    numbered = [link for link in (of_photo, *odai) if identifier("odai", link) is not None]
    boke = Boke(
        boke_id=identifier("boke", document.path),
        text=boke_text(first(root.css("h1"))),
        odai_id=identifier("odai", numbered[0]) if numbered else None,
        image_url=document.photo(image),
        stars=read_number(stars[1]) if stars else None,
        category=text(first(root.css('h1 ~ * a[href*="/boke/category/"], main a[href*="/boke/category/"]')))
        or None,
        posted=document.date(posted),
        stars_text=stars[1] if stars else "",
        posted_text=posted,
    )
    links = [link for link in numbered[:1] if link]
    return Page(bokes=[boke], links=links)


def _photo(document: Document) -> Selector | None:
    """Return the picture at the attested place; if that shows no photo, the next one before the caption."""
    images = document.root.css("img[src][alt]")[1:2]
    before = document.root.xpath("//h1[1]/preceding::img[@src][@alt]")[1:]
    return next((image for image in (*images, *before) if document.photo(image)), None)
