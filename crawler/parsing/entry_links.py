"""Reads the parts of an entry by what its links hold: stars, date, caption, whose photo it is.

Positions shift with every change of the markup; a bare number and a date stay what they are. So the position
that a reader of the site attests is asked first, but its link counts only if it holds the right thing.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from parsel import Selector

from crawler.parsing.markup import Document, attribute, identifier, lines, text

_BARE_NUMBER = re.compile(r"[★☆]?\s*\d[\d,.，．\s]*[千万億KkMm]?")
_ELSEWHERE = re.compile(r"/(?:user|category|tag|label|collabo|odai)(?:/|$)")


def stars_text(entry: Selector, caption: Selector | None, attested: Selector | None) -> str:
    """Return the text of the link that holds an entry's stars, a bare number; empty if there is none.

    Args:
        entry: one boke's part of the page.
        caption: the link around the caption, which may be a number itself.
        attested: the link at the position that is known, if it is there.
    """
    return _first_that(_is_number, entry, caption, attested)


def posted_text(
    document: Document, entry: Selector, caption: Selector | None, attested: Selector | None
) -> str:
    """Return the text of the link that holds an entry's date; empty if there is none. As `stars_text`."""
    return _first_that(lambda shown: document.date(shown) is not None, entry, caption, attested)


def boke_number(links: Iterable[Selector]) -> int | None:
    """Return the number of the boke that the first of the links to a boke's page leads to."""
    numbers = (identifier("boke", attribute(link, "href")) for link in links)
    return next((number for number in numbers if number is not None), None)


def _is_number(shown: str) -> bool:
    return _BARE_NUMBER.fullmatch(shown) is not None


def _first_that(
    reads: Callable[[str], bool], entry: Selector, caption: Selector | None, attested: Selector | None
) -> str:
    """Return the first text that `reads` accepts: of the attested link, or else of the entry's others."""
    candidates = chain(() if attested is None else (attested,), _others(entry, caption))
    return next((shown for link in candidates for shown in _texts(link) if reads(shown)), "")


def _others(entry: Selector, caption: Selector | None) -> Iterator[Selector]:
    """Yield the links of an entry that may show its stars or its date: no caption, user, tag or picture."""
    for link in entry.xpath(".//a[not(.//h1) and not(.//img) and not(.//a)]"):
        is_caption = caption is not None and link.root is caption.root
        if not is_caption and not _ELSEWHERE.search(attribute(link, "href")):
            yield link


def _texts(link: Selector) -> Iterator[str]:
    """Yield a link's text without and with that of its elements, of which an icon's title may be one."""
    yield "".join([link.root.text or "", *(child.tail or "" for child in link.root)]).strip()
    yield text(link)


def second_text(link: Selector | None) -> str:
    """Return a link's second text node, where the stars stand since 2015, or all of its text.

    The first node is what stands before an icon or a line break; where there is no icon, there is one node.
    """
    if link is None:
        return ""
    nodes = [node.strip() for node in link.xpath("text()").getall()]
    return nodes[1] if len(nodes) > 1 and _BARE_NUMBER.fullmatch(nodes[1]) else text(link)


def embedded_captions(root: Selector) -> dict[int, list[str]]:
    """Return the captions in the codes to embed boke elsewhere, by the boke's number.

    A code is an `input[value]` of `.modal-dialog[data-boke-id]`: a link to the boke around a picture, whose
    title is the caption.
    """
    found: dict[int, list[str]] = {}
    for dialog in root.css(".modal-dialog[data-boke-id]"):
        number = attribute(dialog, "data-boke-id").strip()
        if re.fullmatch(r"\d{1,18}", number, re.ASCII):
            codes = [code for code in dialog.css("input::attr(value)").getall() if code.strip()]
            titles = [Selector(code, type="html").css("img::attr(title)").get() for code in codes]
            found.setdefault(int(number), []).extend(filter(None, (lines(title or "") for title in titles)))
    return found


def whole_caption(shown: str, embedded: Callable[[], Iterable[str]]) -> str:
    """Return the whole caption where a list shows it cut.

    Args:
        shown: the caption as the list has it.
        embedded: returns those in the boke's codes to embed it; asked only where the caption may be cut.
    """
    cut = shown.removesuffix("…").removesuffix("...").rstrip()
    if cut == shown:
        return shown
    for title in embedded():
        whole = title.replace("\n", " ")
        if whole.startswith(cut.replace("\n", " ")) and whole != shown.replace("\n", " "):
            return title
    return shown


def leads_to_another_odai(document: Document, image: Selector) -> bool:
    """Tell whether a picture on an odai's page stands in a link to another odai, and is that one's."""
    own = identifier("odai", document.path)
    led = identifier("odai", document.link(image.xpath("ancestor::a[1]/@href").get()))
    return own is not None and led is not None and led != own
