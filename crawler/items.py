"""What the spider takes from the site: pages with their boke, and photos."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from crawler.table_row import TableRow
from store import schema
from store.addresses import narrower
from store.schema import BOKE


@dataclass(frozen=True)
class Boke:
    """One joke, as one entry of a page shows it; a field that this page does not show is None.

    `stars_text` and `posted_text` are what the entry shows, as written: the site's own data may be more exact
    than that, and must not contradict it. They are no columns.
    """

    boke_id: int | None
    text: str
    odai_id: int | None = None
    image_url: str | None = None
    stars: int | None = None
    raters: int | None = None
    category: str | None = None
    posted: datetime | None = None
    stars_text: str = ""
    posted_text: str = ""

    def row(self) -> dict[str, object]:
        """Return the struct of the column `bokes`."""
        return {name: getattr(self, name) for name in BOKE.names}


@dataclass(frozen=True)
class Page:
    """What a layout reads from one page.

    `outcome` is one of `store.schema.OUTCOMES`; if it is not `ok`, `error` is the reason. `links` are the
    pages that this one leads to: odai, and its own next page. `label_confidences` are the site's for each of
    `labels`, 0 to 1, None if it gives none. `expected` names the fields that every entry of such a page has:
    a page whose boke all lack one of them is drift. It is no column.
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
    expected: tuple[str, ...] = ()

    def row(self) -> dict[str, object]:
        """Return the columns that the page itself fills."""
        columns = {name: getattr(self, name) for name in schema.PAGES.names if hasattr(self, name)}
        return columns | {"bokes": [boke.row() for boke in self.bokes]}


LEFT_OUT = re.compile(r"(\d+) of \d+ entries left out")
"""How the column `error` of a page that was read tells of entries that are no boke."""
IMPOSSIBLE_DATES = re.compile(r"(\d+) dates that cannot be right")
"""How it tells of dates before the site's first odai, or after the page was fetched."""

CLOSED = (401, 403, 429, 451)
"""Answers of a site that does not want us; 503 says that it cannot, which is another matter."""

NOT_A_HOST = "is not a host of the site"
"""What follows an address's scheme and host in the reason why it was not asked for."""


@dataclass(frozen=True)
class Answer:
    """What a site answered to a request for a page, whole and decoded.

    Of a page that a browser read, the body is the document that was parsed.

    Args:
        address: that was asked for, which is that of the row.
        url: that answered, at the end of redirects.
        fetched_at: when, UTC; relative dates count back from it.
        status: the HTTP status; None for a page that somebody saved.
        headers: names and values, each byte a character (latin-1).
        body: the page.
        same_as: of a 304, the address and time of the answer that is still right.
    """

    address: str
    url: str
    fetched_at: datetime
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    same_as: tuple[str, datetime] | None = None

    def header(self, name: str) -> str | None:
        """Return the first header of a name, in any case; None if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class PageRow(TableRow):
    """One row of the pages table, as a Scrapy item.

    `answer` is what the row was made from, for the archive; None where there was no answer. It is no column.
    """

    answer: Answer | None = None
    columns = schema.PAGES

    @property
    def is_refused(self) -> bool:
        """Whether the site or an opt-out closes the page to us."""
        return self["outcome"] == "denied" or self["status"] in CLOSED

    @property
    def left_out(self) -> int:
        """How many of the page's entries are no boke that can be kept; the column `error` says why."""
        return self._noted(LEFT_OUT)

    @property
    def impossible_dates(self) -> int:
        """How many dates on the page are before the site's first odai, or still to come."""
        return self._noted(IMPOSSIBLE_DATES)

    @property
    def photos(self) -> list[str]:
        """The photos to fetch because of this page, each once.

        A boke with an odai has its photo fetched from the odai's own page, which may opt out.
        """
        if self["outcome"] != "ok":
            return []
        bokes: list[dict[str, object]] = self["bokes"]  # type: ignore[assignment]
        without_odai = [boke["image_url"] for boke in bokes if boke["odai_id"] is None]
        return list(dict.fromkeys(str(photo) for photo in (self["image_url"], *without_odai) if photo))

    def _noted(self, note: re.Pattern[str]) -> int:
        found = note.search(str(self["error"]))
        return int(found[1]) if found else 0


class PhotoRow(TableRow):
    """One row of the images table, as a Scrapy item."""

    columns = schema.IMAGES

    is_whole = False
    """Whether its bytes are a whole photo, also one that the settings `photos:` refuse. It is no column."""

    @property
    def next_copy(self) -> str | None:
        """The next narrower copy, which is due where this one is missing or stayed broken; else None.

        Where a host was not allowed, nothing was asked for.
        """
        is_broken = self["outcome"] == "error" and NOT_A_HOST not in str(self.get("error"))
        return narrower(str(self["url"])) if is_broken or self["outcome"] == "missing" else None


PHOTO_BROKEN = object()
"""Scrapy signal: what came is no whole photo, and is asked for again. Its argument `row` is not kept."""


class LeftOutRow(TableRow):
    """One row of the table of what a rule kept from being fetched, as a Scrapy item."""

    columns = schema.LEFT_OUT


WITHDRAWN = "crawl"
"""The `source` of a row of `left_out` that withdraws the row of its address in the other table: that one came
while the site as a whole failed, and is asked for again. Where the limit of a setting was passed, the source
ends in the setting's name, and the rule begins with the share that passed it."""


Row = PageRow | PhotoRow | LeftOutRow
