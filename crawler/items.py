"""What the spider takes from the site: pages with their boke, and photos."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Boke:
    """One joke, as one entry of a page shows it; a field that this page does not show is None."""

    boke_id: int | None
    text: str
    odai_id: int | None = None
    image_url: str | None = None
    stars: int | None = None
    raters: int | None = None
    category: str | None = None
    posted: datetime | None = None


@dataclass(frozen=True)
class Page:
    """What a layout reads from one page.

    `outcome` is one of `store.schema.OUTCOMES`; if it is not `ok`, `error` is the reason. `links` are the
    pages that this one leads to: odai, and its own next page. `label_confidences` are the site's for each of
    `labels`, 0 to 1, None if it gives none.
    """

    outcome: str = "ok"
    error: str | None = None
    odai_id: int | None = None
    image_url: str | None = None
    category: str | None = None
    kind: str | None = None
    labels: list[str] = field(default_factory=list)
    label_confidences: list[float | None] = field(default_factory=list)
    bokes: list[Boke] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


CLOSED = (401, 403, 429, 451)
"""Answers of a site that does not want us; 503 says that it cannot, which is another matter."""

NOT_A_HOST = "is not a host of the site"
"""What follows an address's scheme and host in the reason why it was not asked for."""


class PageRow(dict[str, object]):
    """One row of the pages table, as a Scrapy item."""

    @property
    def is_refused(self) -> bool:
        """Whether the site or an opt-out closes the page to us."""
        return self["outcome"] == "denied" or self["status"] in CLOSED


class PhotoRow(dict[str, object]):
    """One row of the images table, as a Scrapy item."""


class LeftOutRow(dict[str, object]):
    """One row of the table of what a rule kept from being fetched, as a Scrapy item."""


Row = PageRow | PhotoRow | LeftOutRow
