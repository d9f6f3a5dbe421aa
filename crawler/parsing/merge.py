"""Joins what a page's markup shows with the site's own data in it, which are exact and must agree."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from unicodedata import normalize

from crawler.items import Boke, Page
from crawler.parsing.markup import Document, identifier
from crawler.parsing.site_data import SiteData
from crawler.parsing.values.numbers import value
from store.addresses import names_copy, photo_key
from store.text.visible import is_visible

_ABOUT = (
    (re.compile("年"), timedelta(days=549)),
    (re.compile("月"), timedelta(days=46)),
    (re.compile("週"), timedelta(days=11)),
    (re.compile("日"), timedelta(days=2)),
    (re.compile("時間"), timedelta(minutes=91)),
    (re.compile("[分秒]|たった今|さっき"), timedelta(minutes=5)),
)
"""How far a relative date may be from the true one, by its unit: some one and a half, as it is 「くらい」."""
_ROUNDED = re.compile(r"(?:\.(?P<decimals>\d+))?\s*(?P<unit>[千万億KkMm]+)\D*$")
"""The last unit of a number, and the digits after its point: 1.0万 is exact to 1,000, 10万 to 10,000."""
_RELATIVE = re.compile("前|今|昨|先|去年|さっき|おととい")


def merged(document: Document, page: Page, data: Mapping[int, SiteData]) -> Page:
    """Return the page with the exact values of the site's data, or as drift where the two disagree.

    A boke that the markup shows takes its values from the data. The page's own boke (that of a `/boke/<id>`
    page, those of an odai) are added where the markup does not show them.
    """
    if page.outcome != "ok" or not data:
        return page
    bokes = []
    for boke in page.bokes:
        exact = data.get(boke.boke_id) if boke.boke_id is not None else None
        if exact and (wrong := _disagreement(boke, exact.boke, document.fetched_at)):
            return replace(page, outcome="drift", error=f"boke {boke.boke_id}: the site's data say {wrong}")
        bokes.append(_exact(boke, exact.boke) if exact else boke)
    shown = {boke.boke_id for boke in bokes}
    own = [one for number, one in data.items() if _is_own(document, number, one)]
    bokes += [one.boke for one in own if one.boke.boke_id not in shown]
    return _with_odai(document, replace(page, bokes=bokes), own)


def with_open_graph_photo(document: Document, page: Page) -> Page:
    """Return the page of one boke with the photo of its Open Graph, where nothing else names one.

    That picture may have the caption drawn in, so it counts only with the address of an odai's photo, and
    differs from the page's own without harm.
    """
    number = identifier("boke", document.path)
    if number is None or [(boke.boke_id, boke.image_url) for boke in page.bokes] != [(number, None)]:
        return page
    shown = document.photo(document.root.css('meta[property="og:image"]::attr(content)').get())
    return replace(page, bokes=[replace(page.bokes[0], image_url=shown)]) if names_copy(shown or "") else page


def own_data(document: Document, data: Mapping[int, SiteData]) -> Page | None:
    """Return the page of a boke or an odai as its data alone tell it, for markup that no layout knows."""
    if not any(_is_own(document, number, one) for number, one in data.items()):
        return None
    return merged(document, Page(odai_id=identifier("odai", document.path)), data)


def _is_own(document: Document, number: int, data: SiteData) -> bool:
    odai_id = identifier("odai", document.path)
    return identifier("boke", document.path) == number or (
        odai_id is not None and data.boke.odai_id == odai_id
    )


def _with_odai(document: Document, page: Page, own: list[SiteData]) -> Page:
    """Return the page with what the data of its own boke say of their odai."""
    if not own:
        return page
    known, boke = own[0], own[0].boke
    if page.odai_id is None:
        leads = [] if boke.odai_id is None else document.links([f"/odai/{boke.odai_id}"])
        return replace(page, links=list(dict.fromkeys([*page.links, *leads])))
    image = boke.image_url or page.image_url
    if page.image_url and boke.image_url and photo_key(page.image_url) != photo_key(boke.image_url):
        return replace(page, outcome="drift", error=f"the site's data name another photo: {boke.image_url}")
    kind = "text" if known.is_text_odai else page.kind
    return replace(page, image_url=image, kind=kind, category=page.category or known.odai_category)


def _exact(shown: Boke, exact: Boke) -> Boke:
    """Return the exact boke, with what only the markup shows."""
    names = ("odai_id", "image_url", "stars", "raters", "category", "posted")
    given = {name: getattr(exact, name) for name in names if getattr(exact, name) is not None}
    written = next(filter(is_visible, (exact.text, shown.text)), exact.text)
    return replace(shown, text=written, **given)


def _disagreement(shown: Boke, exact: Boke, now: datetime) -> str | None:
    """Return what of a boke the data contradict; None if the markup is the data, or the data rounded."""
    both_visible = is_visible(shown.text) and is_visible(exact.text)
    if both_visible and not is_same_text(shown.text, exact.text):
        return f"the text {exact.text!r}, the markup {shown.text!r}"
    if shown.stars is not None and exact.stars is not None and not _rounds_to(exact.stars, shown):
        return f"{exact.stars} stars, the markup {shown.stars_text}"
    if shown.posted and exact.posted and not _is_about(shown, exact.posted):
        return f"the date {exact.posted:%Y-%m-%d %H:%M} UTC, the markup {shown.posted_text}"
    if shown.odai_id and exact.odai_id and shown.odai_id != exact.odai_id:
        return f"the odai {exact.odai_id}, the markup {shown.odai_id}"
    if shown.image_url and exact.image_url and photo_key(shown.image_url) != photo_key(exact.image_url):
        return f"the photo {exact.image_url}, the markup {shown.image_url}"
    return None


def is_same_text(shown: str, exact: str) -> bool:
    """Tell whether two captions differ in white space alone, or one is the other cut by an ellipsis."""
    left, right = ("".join(text.replace("\ufffd", "").split()) for text in (shown, exact))
    cut = left.removesuffix("…").removesuffix("...")
    return left == right or (cut != left and right.startswith(cut))


def _rounds_to(exact: int, shown: Boke) -> bool:
    """Tell whether a number is the one that is shown, which may be rounded, as 1.2万, or cut off."""
    if exact == shown.stars:
        return True
    rounded = _ROUNDED.search(normalize("NFKC", shown.stars_text))
    if rounded is None or shown.stars is None:
        return False
    step = float(value(f"1{rounded['unit']}") or 1) / 10 ** len(rounded["decimals"] or "")
    return bool(shown.stars - step / 2 <= exact < shown.stars + step)


def _is_about(shown: Boke, exact: datetime) -> bool:
    """Tell whether a date is the one that is shown, which may be relative or without a time."""
    assert shown.posted is not None
    off = abs(shown.posted - exact)
    if _RELATIVE.search(shown.posted_text):
        about = next((about for unit, about in _ABOUT if unit.search(shown.posted_text)), timedelta(days=2))
        return off <= about
    return off < timedelta(minutes=1) if re.search("[:：時]", shown.posted_text) else off < timedelta(days=1)
