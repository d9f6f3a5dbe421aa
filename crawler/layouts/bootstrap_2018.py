"""bokete of 2018: Bootstrap still; a boke's text is a link itself, else all is as in 2015."""

from crawler.layouts.bootstrap_2015 import CONTENT, read
from crawler.parsing.markup import Document

__all__ = ["CONTENT", "matches", "read"]


def matches(document: Document) -> bool:
    """Tell whether the page is of this layout."""
    return bool(document.root.css(".content-boke > .boke a.boke-text"))
