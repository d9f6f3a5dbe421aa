"""Reads feeds, RSS and Atom: only which boke and odai they lead to, for their pages say the rest."""

import re

from parsel import Selector

from crawler.items import Page
from crawler.parsing.decoding.encoding import decode
from crawler.parsing.markup import Document, identifier
from store.addresses import is_same_site, page_address

FEED = "feed"
"""The value of the `layout` column."""
_ROOT = re.compile(r"\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*)*<(?:rss|rdf:RDF|feed)[\s>]", re.DOTALL)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# Element names without their namespaces: RSS 2.0 has none, RSS 1.0 and Atom have one each.
_LINKS = """
    //*[local-name()='item']/*[local-name()='link']/text()
    | //*[local-name()='entry']/*[local-name()='link'][not(@rel) or @rel='alternate']/@href"""


def read_feed(document: Document) -> Page | None:
    """Return the boke and odai that a feed leads to; None if the document is no feed.

    Source: RSS 2.0 specification (`item/link`), RSS 1.0 (the same), RFC 4287 (`entry/link`).
    """
    start = document.body[:5000]
    if b"<rss" not in start and b":RDF" not in start and b"<feed" not in start:
        return None
    text = decode(document.body, document.charset).lstrip("\ufeff")
    if not _ROOT.match(text[:5000]):
        return None
    # Without its declaration, whose encoding is not that of a text. parsel resolves no entities.
    found = Selector(_DECLARATION.sub("", text), type="xml").xpath(_LINKS).getall()
    own = [
        page_address(link, document.url) for link in document.links(found) if is_same_site(link, document.url)
    ]
    links = [link for link in dict.fromkeys(own) if _is_numbered(link)]
    return Page(links=links) if links else Page("drift", "a feed that leads to no boke and no odai")


def _is_numbered(link: str) -> bool:
    return identifier("boke", link) is not None or identifier("odai", link) is not None
