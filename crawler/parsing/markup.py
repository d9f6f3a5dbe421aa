"""What the layouts read pages with: the parsed document, and its texts, numbers, dates and addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from w3lib.url import safe_url_string

from crawler.parsing.decoding.attributes import without_excess
from crawler.parsing.decoding.encoding import decode
from crawler.parsing.photo_address import photo_address
from crawler.parsing.values.dates import read_date, written_date
from store.text.visible import INVISIBLE, is_visible

# What a browser shows: no scripts and the like, and for a picture, such as an emoji, its `alt`.
_HIDDEN = frozenset({"script", "style", "template", "noscript"})
_LONGEST_DATE = 200
_PERCENT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*[%％]?")
# Halves of a character that JSON may spell (`\\ud83d`) are none, and no file takes them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """One HTML page.

    Args:
        body: the bytes as they were sent.
        url: the page's address; addresses in the page are relative to it.
        fetched_at: the moment of fetching, UTC; dates in the page are relative to it.
        charset: the encoding that the server named, if it did.
        impossible_dates: what stood where a date was asked for, and means a day before the site existed, or
            one to come.
    """

    body: bytes
    url: str
    fetched_at: datetime
    charset: str | None = None
    impossible_dates: set[str] = field(default_factory=set, compare=False)

    @cached_property
    def root(self) -> Selector:
        """The parsed page; a body without any HTML gives an empty one."""
        return Selector(without_excess(decode(self.body, self.charset)) or "<html/>", type="html")

    @cached_property
    def path(self) -> str:
        """The path of the page's address."""
        return urlsplit(self.url).path

    @cached_property
    def number(self) -> int:
        """Which page of a list or an odai this is, from 1."""
        return page_number(self.url)

    @cached_property
    def base(self) -> str:
        """What addresses in the page are relative to: its first `<base href>`, or else its own address."""
        href = self.root.css("base::attr(href)").get()
        try:
            base = urljoin(self.url, (href or "").strip())
            return base if urlsplit(base).scheme in ("http", "https") else self.url
        except ValueError:
            return self.url

    def link(self, href: str | None) -> str | None:
        """Return the absolute address of a link without its fragment; None if it leads to no web page."""
        if not href or not (href := href.strip()) or href.startswith("#"):
            return None
        try:
            address = safe_url_string(urljoin(self.base, href).partition("#")[0])
            parts = urlsplit(address)
        except ValueError:
            return None
        return address if parts.scheme in ("http", "https") and parts.hostname else None

    def links(self, hrefs: list[str]) -> list[str]:
        """Return the absolute addresses of links, each once, in the page's order."""
        return list(dict.fromkeys(link for href in hrefs if (link := self.link(href))))

    def photo(self, image: Selector | str | None) -> str | None:
        """Return the address of the photo that an `img` element shows; see `photo_address`.

        Args:
            image: the element, or the value of its `src` where only that is known.
        """
        if image is None:
            return None
        return photo_address(
            {"src": image} if isinstance(image, str) else dict(image.root.items()), self.base
        )

    def date(self, text: str | None) -> datetime | None:
        """Return the moment that a date such as 「3日くらい前」 means on this page; see `read_date`.

        One that cannot be right is None, and joins `impossible_dates`. Hundreds of letters are no date.
        """
        if text and len(text) > _LONGEST_DATE:
            return None
        found = read_date(text, self.fetched_at)
        if found is None and written_date(text, self.fetched_at):
            self.impossible_dates.add(text or "")
        return found


def attribute(node: Selector, name: str) -> str:
    """Return an attribute of an element, empty if it has none.

    parsel's own `attrib` raises for an element with a control character in the name of any attribute.
    """
    return node.root.get(name) or ""


def text(node: Selector | None) -> str:
    """Return a node's text as a browser shows it: `<br>` breaks lines, other white space is one space.

    Scripts, styles and templates are not shown; a picture's `alt` stands for it. Text of which nothing can be
    seen, such as a lone joiner or U+3164, is none.
    """
    if node is None:
        return ""
    return lines("".join(_shown(node.root)))


def boke_text(node: Selector | None) -> str:
    """Return the text of a boke as `text` does; where nothing of it can be seen, what stands there unseen.

    So an empty caption, of U+3164 say, can be told from a place that has none, where the markup may be new.
    """
    return "" if node is None else boke_text_of("".join(_shown(node.root)))


def boke_text_of(string: str) -> str:
    """Return the same of a string: its `lines`, or else its characters that are neither seen nor markup's."""
    return lines(string) or "".join(c for c in string if c == "\u3000" or c in INVISIBLE)


def _shown(root: Any) -> Iterator[str]:
    """Yield the texts, breaks and pictures' texts of an element of lxml, or of a text node, in their order.

    A page has hundreds: walking along the tree takes a fifth of the time of asking it by XPath.
    """
    waiting = [] if root is None else [root]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield _words(part)
        elif part.tag == "br":
            yield "\n"
        elif part.tag == "img":
            yield _words(part.get("alt", ""))
        elif isinstance(part.tag, str) and part.tag not in _HIDDEN:  # a comment's tag is no string
            for child in reversed(part):
                waiting += [child.tail or "", child]
            waiting.append(part.text or "")


def lines(string: str) -> str:
    """Return `string` without control characters, white space around its lines, and empty lines around it.

    One of which nothing can be seen is empty.
    """
    string = _CONTROLS.sub("", string)
    string = "\n".join(line.strip() for line in string.replace("\r\n", "\n").split("\n")).strip()
    return string if is_visible(string) else ""


def _words(string: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", string)


def first(nodes: list[Selector]) -> Selector | None:
    """Return the first of the nodes; None if there is none."""
    return nodes[0] if nodes else None


def page_number(url: str) -> int:
    """Return N if the address has `page=N`, otherwise 1."""
    match = re.search(r"[?&]page=(\d{1,9})(?:&|$)", url, re.ASCII)
    return max(int(match[1]), 1) if match else 1


def identifier(kind: str, address: str | None) -> int | None:
    """Return N if an address's path has `/<kind>/N`, otherwise None; `kind` is `odai` or `boke`."""
    match = re.search(rf"/{kind}/(\d{{1,18}})(?:[/?#]|$)", address or "", re.ASCII)
    return int(match[1]) if match else None


def unique(values: list[str]) -> list[str]:
    """Return the values that are not empty, each once, in order."""
    return list(dict.fromkeys(value for value in values if value))


def labels(nodes: list[Selector]) -> tuple[list[str], list[float | None]]:
    """Return labels and the site's confidence in each, 0 to 1 or None.

    `人物 <small>98%</small>` is the label 人物 with the confidence 0.98.
    """
    confidences: dict[str, float | None] = {}
    for node in nodes:
        percent = _PERCENT.search(text(first(node.css("small"))))
        name = lines(_words("".join(node.xpath("text()").getall())))
        if name:
            confidences.setdefault(name, None if percent is None else min(float(percent[1]), 100) / 100)
    return list(confidences), list(confidences.values())
