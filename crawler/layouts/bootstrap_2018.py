"""bokete in 2018: as in 2015, but the element of a boke's text is the link itself.

Facts: readers of 2015 to 2018. `.content-boke > .boke > .boke-photo > .boke-photo-content > a > img`;
`a.boke-text[href]`; `.boke-stars a`, whose second text node holds the stars, with commas;
`.boke-information-label a`, a relative date; `.modal-dialog[data-boke-id]`, whose second `input[value]` is
an embed with the whole caption where the list cuts it.
"""

from crawler.layouts.bootstrap_2015 import CONTENT, read
from crawler.parsing.markup import Document

__all__ = ["CONTENT", "matches", "read"]


def matches(document: Document) -> bool:
    """Tell whether the page has this layout."""
    return bool(document.root.css(".content-boke > .boke a.boke-text"))
