"""Judges what a layout read: what of it is boke, and whether the page is one that the layout knows."""

import re
from collections.abc import Iterable
from dataclasses import replace

from parsel import Selector

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, first, identifier, text
from crawler.parsing.odai_list import is_odai_list
from store.addresses import is_same_site, page_address
from store.text.visible import is_visible

KINDS = {
    "写真": "photo",
    "イラスト": "illustration",
    "カルタ": "karuta",
    "虫食い": "fill-in",
    "テキスト": "text",
}
"""The kind of an odai by its category, for categories that name a kind."""

_MISSING = re.compile(
    r"[^。「『]{0,20}(?:ページ|お題|ボケ)[はが]?(?:見つかりません|存在しません)(?:でした)?[。!！]?"
)
MISSING = "the site says that there is no such page"


def judged(document: Document, page: Page, content: Iterable[Selector]) -> Page:
    """Return the page with each boke once and links to its own site only, or the page as missing or drift.

    One odd entry is one odd entry: what has no text or no number is left out and counted. So is a caption of
    which nothing can be seen; that is what its user wrote, and no sign of drift. A page is drift

    - by the share of its entries: when most of them are odd, and more than one is;
    - by a field that each entry of such a page has (`Page.expected`) and none here has;
    - without the photo of its odai;
    - without any boke where it shows some. An odai that nobody has answered has none, and so has a page past
      the end: a list's first page is drift without, and a page that links to boke or to a next page.

    Args:
        content: the part of the page that shows boke.
    """
    if page.outcome != "ok":
        return page
    shows_boke = bool(page.links) or _links_to_boke(content)
    if not page.bokes and says_missing(document):
        return Page("missing", MISSING)
    links = [page_address(link, document.url) for link in page.links if is_same_site(link, document.url)]
    links = [link for link in dict.fromkeys(links) if link != page_address(document.url, document.url)]
    bokes = [boke for boke in page.bokes if is_visible(boke.text) and boke.boke_id is not None]
    left_out = len(page.bokes) - len(bokes)
    odd = left_out - sum(bool(boke.text) and not is_visible(boke.text) for boke in page.bokes)
    kind = page.kind or KINDS.get(page.category or "")
    kept = replace(page, bokes=_once(bokes), links=links, kind=kind)
    if missing := _drift(document, page, kept, odd, shows_boke):
        return replace(kept, outcome="drift", error=f"the layout matches, but yields {missing}")
    impossible = len(document.impossible_dates)
    notes = [
        page.error,
        f"{left_out} of {len(page.bokes)} entries left out: {_reason(page.bokes)}" if left_out else None,
        f"{impossible} dates that cannot be right" if impossible else None,
    ]
    return replace(kept, error="; ".join(filter(None, notes)) or None)


def says_missing(document: Document) -> bool:
    """Tell whether the page says, with any status, that there is no such page.

    The sentence stands by itself in some element. A caption may say the same: a page that shows a photo of an
    odai, or leads to a boke, is not missing.
    """
    root = document.root
    if root.xpath('//img[contains(@src, "/photo/odai/")]') or _links_to_boke(root.css("body")):
        return False
    return any(_MISSING.fullmatch(line.strip()) for line in text(first(root.css("body"))).split("\n")) or any(
        _MISSING.fullmatch(node.strip()) for node in root.xpath("//body//text() | //title/text()").getall()
    )


def _drift(document: Document, page: Page, kept: Page, odd: int, shows_boke: bool) -> str | None:
    """Return what the page lacks that a page of its layout has; None if it lacks nothing."""
    if kept.odai_id is not None and not kept.image_url and kept.kind != "text":
        return "no photo"
    is_alone = identifier("boke", document.path) is not None
    if odd > len(page.bokes) - odd and (odd > 1 or is_alone):
        return f"{_reason(page.bokes)} ({odd} of {len(page.bokes)} entries)"
    if is_odai_list(document) and not page.bokes:
        return None if kept.links or document.number > 1 else "no odai"
    is_first_of_list = kept.odai_id is None and document.number == 1
    if not page.bokes and (page.error or is_first_of_list or shows_boke):
        return "; ".join(filter(None, ["no boke", page.error]))
    for name in page.expected if kept.bokes else ():
        if all(getattr(boke, name) is None for boke in kept.bokes):
            return f"no boke with {name} ({len(kept.bokes)} entries)"
    return None


def _reason(bokes: list[Boke]) -> str:
    has_all_texts = all(is_visible(boke.text) for boke in bokes)
    return "a boke without its number" if has_all_texts else "a boke without text"


def _links_to_boke(content: Iterable[Selector]) -> bool:
    """Tell whether the content links to the page of any boke."""
    hrefs = (href for part in content for href in part.css('a[href*="/boke/"]::attr(href)').getall())
    return any(identifier("boke", href) is not None for href in hrefs)


def _once(bokes: list[Boke]) -> list[Boke]:
    """Return each boke once, by its number."""
    seen: dict[int | None, Boke] = {}
    for boke in bokes:
        seen.setdefault(boke.boke_id, boke)
    return list(seen.values())
