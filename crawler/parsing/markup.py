"""A fetched page as its layouts see it: decoded, parsed, asked for texts, numbers, dates and addresses."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from w3lib.url import safe_url_string

from crawler.parsing.dates import resolve
from crawler.parsing.encoding import decode

_PHOTO = re.compile(r"/photo/odai/(?:240|400|600)/([0-9a-f]{32})_(?:240|400|600)\.(\w+)", re.ASCII)
_BREAK = "./descendant::node()[self::text() or self::br]"
_MOST = 2**63 - 1
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Document:
    """One HTML page.

    Args:
        body: the bytes as they were sent.
        url: where they came from; addresses in the page are relative to it.
        fetched_at: when; dates in the page are relative to it.
        charset: what the server said they are encoded in, if it did.
    """

    body: bytes
    url: str
    fetched_at: datetime
    charset: str | None = None

    @cached_property
    def root(self) -> Selector:
        """The parsed page; a body that is no HTML at all gives an empty one."""
        return Selector(decode(self.body, self.charset) or "<html/>", type="html")

    @cached_property
    def path(self) -> str:
        """The path of the page's address."""
        return urlsplit(self.url).path

    @cached_property
    def number(self) -> int:
        """Which page of a list or an odai this is, from 1."""
        return page_number(self.url)

    def link(self, href: str | None) -> str | None:
        """Return the absolute address of a link without its fragment, None where it leads to no page."""
        if not href or not (href := href.strip()) or href.startswith("#"):
            return None
        try:
            address = safe_url_string(urljoin(self.url, href).partition("#")[0])
            parts = urlsplit(address)
        except ValueError:
            return None
        return address if parts.scheme in ("http", "https") and parts.hostname else None

    def links(self, hrefs: list[str]) -> list[str]:
        """Return the absolute addresses of links, each once, in the page's order."""
        return list(dict.fromkeys(link for href in hrefs if (link := self.link(href))))

    def photo(self, src: str | None) -> str | None:
        """Return a photo's absolute address: that of its widest copy, so that one photo has one address."""
        address = self.link(src)
        return address and _PHOTO.sub(r"/photo/odai/600/\1_600.\2", address)

    def date(self, text: str | None) -> datetime | None:
        """Return the moment that a date such as 「3日くらい前」 means on this page."""
        return resolve(text or "", self.fetched_at)


def text(node: Selector | None) -> str:
    """Return the text of a node as a reader sees it: `<br>` breaks lines, other white space is one space."""
    if node is None:
        return ""
    parts = ("\n" if part.root is not None and not isinstance(part.root, str) else _words(str(part.root))
             for part in node.xpath(_BREAK))  # fmt: skip
    return lines("".join(parts))


def lines(string: str) -> str:
    """Return `string` without control characters, its lines' outer white space and empty lines around it."""
    string = _CONTROLS.sub("", string)
    return "\n".join(line.strip() for line in string.replace("\r\n", "\n").split("\n")).strip()


def _words(string: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", string)


def first(nodes: list[Selector]) -> Selector | None:
    """Return the first of the nodes, None where there is none."""
    return nodes[0] if nodes else None


def integer(string: str | None) -> int | None:
    """Return the first whole number in a text, commas and full-width digits read, None if there is none."""
    found = re.search(r"\d[\d,，]*", string or "")
    if not found:
        return None
    digits = re.sub(r"[,，]", "", found[0])
    return min(int(digits), _MOST) if len(digits) < 20 else None


def page_number(url: str) -> int:
    """Return N where the address says `page=N`, otherwise 1."""
    found = re.search(r"[?&]page=(\d{1,9})(?:&|$)", url, re.ASCII)
    return max(int(found[1]), 1) if found else 1


def identifier(kind: str, address: str | None) -> int | None:
    """Return N where an address's path is `/<kind>/N`; `kind` is `odai` or `boke`."""
    found = re.search(rf"/{kind}/(\d{{1,18}})(?:[/?#]|$)", address or "", re.ASCII)
    return int(found[1]) if found else None


def unique(values: list[str]) -> list[str]:
    """Return the values that are not empty, each once, in order."""
    return list(dict.fromkeys(value for value in values if value))


def labels(nodes: list[Selector]) -> tuple[list[str], list[float | None]]:
    """Return an odai's labels and the site's confidence in each: `人物 <small>98%</small>` is 人物, 0.98."""
    found: dict[str, float | None] = {}
    for node in nodes:
        percent = integer(text(first(node.css("small"))))
        name = lines(_words("".join(node.xpath("text()").getall())))
        if name:
            found.setdefault(name, None if percent is None else min(percent, 100) / 100)
    return list(found), list(found.values())
