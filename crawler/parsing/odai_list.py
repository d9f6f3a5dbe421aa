"""Lists of odai, such as `/odai/popular?page=N`: pages that show no boke, and lead to odai."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from parsel import Selector

from crawler.items import Page
from crawler.parsing.markup import Document, identifier

_PATH = re.compile(r"/odai/[a-z_-]+(?:/|$)")


def is_odai_list(document: Document) -> bool:
    """Tell whether the page's address is that of a list of odai."""
    return _PATH.match(document.path) is not None


def with_odai_list(document: Document, page: Page, content: Iterable[Selector]) -> Page:
    """Return a page of a list of odai with links to these odai, and to the list's next page.

    A reader of 2020 took the odai from headings, and counted the pages up: the list shows no link to its
    next. The page past its end has no odai. Any other page is returned as it is.

    Args:
        content: the part of the page that shows what the page is about.
    """
    if page.outcome != "ok" or page.bokes or not is_odai_list(document):
        return page
    hrefs = [href for part in content for href in part.css('a[href*="/odai/"]::attr(href)').getall()]
    odai = [link for link in document.links(hrefs) if identifier("odai", link) is not None]
    address = urlsplit(document.url)._replace(query=f"page={document.number + 1}", fragment="").geturl()
    return replace(page, links=[*odai, *([address] if odai else [])])
