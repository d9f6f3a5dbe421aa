"""bokete since 2024: Next.js, with a button below a list that loads more entries.

Facts: paths of yryo1005/bokete_scraping_v2 (`main.py`, 2024-08-25), from `M`, which is
`//*[@id="__next"]/main/div[1]`. `M/div[1]` is the odai with its photo at `a/figure/img`. Each `div` after it
is a candidate: its text at `div/div/div/div[1]/a[2]/h1`, its stars, digits and commas alone, at
`div/div/div/div[1]/div[3]/div[1]/a`, its date at `…/div[3]/div[2]/a`. That reader skips candidates without
text, stars or date. More come by the button that is a child of `M`; the button in a link of the odai leaves
the page. How a list shows the photos of its entries has no reader: they are found by what their links hold.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.entry_links import boke_number, leads_to_another_odai, posted_text, stars_text
from crawler.parsing.markup import Document, boke_text, first, identifier, text
from crawler.parsing.values.numbers import read_number

CONTENT = "#__next > main"
_LIST = "#__next > main > div:first-of-type"
MORE = f"{_LIST} > button, {_LIST} > div:only-child > button"
"""The CSS selector of the button below a list that has more entries: a child of the list, and no other. Where
the list holds one block alone, all of it is one level deeper."""
INCOMPLETE = "possibly incomplete: more boke come by a button, which crawl.render: chromium presses"
TROUBLE = "the site says that it has trouble; it asks to come back in minutes"
_MAIN = '//*[@id="__next"]/main'
_PHOTO = './/a[contains(@href, "/odai/")]//img | .//figure//img | .//img[contains(@src, "photo%2Fodai")]'
_RATING = "div/div/div/div[1]/div[3]"
_FIELDS = ("stars", "posted")


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(CONTENT))


def read(document: Document) -> Page:
    """Read an odai page, a boke page or a list."""
    root = document.root
    entries = _entries(root)
    if not entries and "エラーが発生しました" in text(first(root.css("main"))):
        return Page("error", TROUBLE)
    shown = _odai_photo(document, entries)
    photo = document.photo(shown)
    bokes = _rated([_boke(document, entry, shown, photo) for entry in entries])
    more = INCOMPLETE if root.css(MORE) else None
    odai_id = identifier("odai", document.path)
    if odai_id is None:
        odai = root.xpath(f"{_MAIN}//a[descendant::img]/@href").getall()
        is_boke = identifier("boke", document.path) is not None  # its photo may be one with the caption in it
        expected = _FIELDS if is_boke else (*_FIELDS, "image_url")
        return Page(bokes=bokes, links=document.links(odai), error=more, expected=expected)
    return Page(odai_id=odai_id, image_url=photo, bokes=bokes, error=more, expected=_FIELDS)


def _entries(root: Selector) -> list[Selector]:
    """Return the blocks that show a boke, or what is left of one, in the page's order.

    A block belongs to one heading, whatever its depth. A block without a link to any boke is an advert, or
    the page's title.
    """
    main = first(root.css(CONTENT))
    if main is None:
        return []
    headings = main.xpath(".//h1")
    held = Counter(above for heading in headings for above in heading.root.iterancestors())
    # A heading around others is no caption. (Headings that nothing closes stand within each other.)
    blocks = [Selector(root=_around(heading.root, held)) for heading in headings if not held[heading.root]]
    bare = main.xpath("div[1]/div[position() > 1][not(.//h1)]")
    shown = [*blocks, *(block for block in bare if block.xpath(_RATING))]
    return [block for block in shown if boke_number(block.xpath(".//a")) is not None]


def _rated(bokes: list[Boke]) -> list[Boke]:
    """Return the boke without those that show a text alone, where others show their stars or their date.

    They are related boke, or adverts. Where none shows any, the page is drift, and they are its evidence.
    """
    rated = [boke for boke in bokes if boke.stars_text or boke.posted_text or not boke.text]
    return rated if any(boke.text for boke in rated) else bokes


def _around(heading: Any, held: Mapping[Any, int]) -> Any:
    """Return the largest block within the list that has this heading and no other.

    Elements are lxml's: asking each through a selector would take longer than reading the rest of the page.

    Args:
        heading: the caption of a boke.
        held: how many headings each element around one holds.
    """
    block = heading
    for above in heading.iterancestors("div"):
        if held[above] > 1 or above.getparent().tag == "main":
            break
        block = above
    return block


def _odai_photo(document: Document, entries: list[Selector]) -> Selector | None:
    """Return the photo of the page's odai: the first that is in no entry and leads to no other odai."""
    inside = {image.root for entry in entries for image in entry.xpath(".//img")}
    images = [image for image in document.root.xpath(_MAIN).xpath(_PHOTO) if image.root not in inside]
    return first([image for image in images if not leads_to_another_odai(document, image)])


def _boke(document: Document, entry: Selector, odai_photo: Selector | None, address: str | None) -> Boke:
    """Return an entry's boke.

    Args:
        odai_photo: the page's photo, for entries that have none of their own.
        address: that photo's.
    """
    caption = first(list(entry.xpath(".//a[h1]")))
    rating = first(list(entry.xpath(_RATING)))
    at_stars, at_date = (None if rating is None else first(rating.xpath(f"div[{n}]/a")) for n in (1, 2))
    stars, posted = stars_text(entry, caption, at_stars), posted_text(document, entry, caption, at_date)
    own = first(list(entry.xpath(_PHOTO)))
    photo = odai_photo if own is None else own
    odai = None if photo is None else photo.xpath("ancestor::a[1]/@href").get()
    return Boke(
        boke_id=boke_number([] if caption is None else [caption]) or boke_number(entry.xpath(".//a")),
        text=boke_text(first(list(entry.xpath(".//h1")))),
        odai_id=identifier("odai", odai) or identifier("odai", document.path),
        image_url=address if own is None else document.photo(own),
        stars=read_number(stars),
        category=text(first(entry.css('a[href^="/boke/category/"]'))) or None,
        posted=document.date(posted),
        stars_text=stars,
        posted_text=posted,
    )
