"""Layouts of other people's code (`crawl.layouts`): they are asked before ours, and named where they fail."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Protocol

from parsel import Selector

from crawler.items import Page
from crawler.parsing.markup import Document
from store.plugins.find import Plugin, find, told

SETTING = "crawl.layouts"


class Layout(Protocol):
    """What reads the pages of one markup: ours are modules of `crawler.layouts`, others any object."""

    CONTENT: str
    """The CSS selector of the part of a page that shows boke."""

    def matches(self, document: Document) -> bool:
        """Tell whether a page has this layout."""
        ...

    def read(self, document: Document) -> Page:
        """Return what the page says: no network, no files."""
        ...


class OutsideLayout:
    """A layout of others. Where it fails, the page is drift, which names it: pages enough end the crawl.

    Attributes:
        name: the value of the column `layout`.

    Raises:
        UsageError: it is not there, or is no layout.
        UserError: its code fails as it is imported, or its CONTENT is no selector.
    """

    def __init__(self, plugin: Plugin) -> None:
        self._plugin, self.name = plugin, plugin.name
        self._layout: Layout = plugin.load("CONTENT", "matches", "read")
        self.CONTENT = str(self._layout.CONTENT)
        with plugin.blamed("names its CONTENT"):
            Selector("<html/>").css(self.CONTENT)

    def matches(self, document: Document) -> bool:
        """Tell whether it knows the page. One that fails as it looks reads it: so the failure is told."""
        try:
            return bool(self._layout.matches(document))
        except Exception:
            return True

    def read(self, document: Document) -> Page:
        """Return what it reads, or drift with what went wrong."""
        try:
            self._layout.matches(document)
            return _checked(self._layout.read(document))
        except Exception as error:
            return Page("drift", f"{self._plugin} failed: {told(error)}")


def _checked(page: object) -> Page:
    """Return a page whose values are those of the columns.

    Raises:
        TypeError: it is no Page.
        pa.ArrowException: a value is of another type than its column.
    """
    import pyarrow as pa

    from store.schema import OUTCOMES, PAGES

    if not isinstance(page, Page) or page.outcome not in OUTCOMES:
        raise TypeError(f"read returned {page!r:.80}, which is no crawler.items.Page")
    row = page.row()
    pa.Table.from_pylist([row], pa.schema([field for field in PAGES if field.name in row]))
    return page


class Outside:
    """The layouts of others that this process reads pages with."""

    layouts: ClassVar[Sequence[OutsideLayout]] = ()


def use_layouts(references: Iterable[str]) -> None:
    """Read pages with these layouts from now on, in this order, before ours.

    Raises:
        UsageError: one is not there, or is no layout.
        UserError: the code of one fails as it is imported.
    """
    Outside.layouts = [OutsideLayout(find("layout", reference, SETTING)) for reference in references]


def versions(references: Iterable[str]) -> list[str]:
    """Return the layouts with their versions: other versions read other rows."""
    return [f"{name} {find('layout', name, SETTING).version}" for name in references]
