"""bokete in 2018: as in 2015, but the element of a boke's text is the link itself."""

from crawler.layouts.bootstrap_2015 import CONTENT, read
from crawler.parsing.markup import Document

__all__ = ["CONTENT", "matches", "read"]


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(".content-boke > .boke a.boke-text"))
