"""Counts what a crawl fetches, and tells where the site refuses that."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from crawler.items import LeftOutRow, PhotoRow, Row
from crawler.job import Job
from crawler.memory.tables import Tables
from store.errors import SiteRefuses, UserError


@dataclass(frozen=True)
class Pause:
    """A time in which a host was left alone: from `at`, in UTC as ISO 8601, for so many seconds, and why."""

    at: str
    host: str
    seconds: float
    reason: str


_LAST_PAUSES = 100
"""How many pauses the report lists, the newest; it counts all."""


@dataclass
class Counts:
    """Pages and photos by outcome, in the tables and fetched in this run; boke of this run's pages.

    `new_left_out` counts entries of this run's pages that are no boke: without text, or without a number.
    `new_impossible_dates` counts dates on them that cannot be right, and are null.
    """

    pages: Counter[str] = field(default_factory=Counter)
    photos: Counter[str] = field(default_factory=Counter)
    new_pages: Counter[str] = field(default_factory=Counter)
    new_photos: Counter[str] = field(default_factory=Counter)
    new_bokes: int = 0
    new_refused: int = 0
    new_left_out: int = 0
    new_impossible_dates: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    pauses: int = 0
    paused_seconds: float = 0.0
    last_pauses: deque[Pause] = field(default_factory=lambda: deque(maxlen=_LAST_PAUSES))

    @classmethod
    def from_tables(cls, tables: Tables) -> Self:
        """Return the counts of the tables before anything is fetched."""
        return cls(Counter(tables.outcomes("pages")), Counter(tables.outcomes("images")))

    def add(self, row: Row) -> None:
        """Count one row."""
        if isinstance(row, LeftOutRow):
            self.left_out[str(row["table"])] += 1
            return
        outcome = str(row["outcome"])
        if isinstance(row, PhotoRow):
            self.photos[outcome] += 1
            self.new_photos[outcome] += 1
        else:
            self.pages[outcome] += 1
            self.new_pages[outcome] += 1
            self.new_bokes += len(row["bokes"])  # type: ignore[arg-type]
            self.new_refused += row.is_refused
            self.new_left_out += row.left_out
            self.new_impossible_dates += row.impossible_dates

    def paused(self, pause: Pause) -> None:
        """Count one pause."""
        self.pauses += 1
        self.paused_seconds += pause.seconds
        self.last_pauses.append(pause)

    def details(self, unit: str) -> dict[str, int]:
        """Return the counts that progress shows beside its own, which is of `unit`: pages or photos."""
        others = {"photos": self.photos["ok"]} if unit == "pages" else {"pages": self.pages.total()}
        # On odai's pages, lists and pages of their own: one boke may be shown three times.
        counts = others | {"boke shown": self.new_bokes}
        both = self.pages + self.photos
        return counts | {name: both[name] for name in ("drift", "denied", "error") if both[name]}


_NEARLY_ALL = 0.95
"""The share of refused pages from which on the site is said to refuse the crawl."""


def problems(job: Job, tables: Tables, counts: Counts | None = None) -> Iterator[UserError]:
    """Yield where the site refuses what was asked for, whether or not more is missing.

    Args:
        tables: all pages, of this run and of earlier ones.
        counts: those of this run: a site may close its doors long after most of it was fetched.
    """
    pages, closed = tables.outcomes("pages"), tables.left_out("pages")
    refused = [(tables.refused() + closed, sum(pages.values()) + closed)]
    if counts is not None:
        refused.append((counts.new_refused + closed, counts.new_pages.total() + closed))
    for number, total in refused:
        if number and number >= _NEARLY_ALL * total:
            yield SiteRefuses(
                f"{job.site} refuses {number:,} of {total:,} pages, by robots.txt, an opt-out or its answers "
                "(401, 403, 429, 451); `error` in the table of pages says which, and `rule` in that of "
                f"left_out. Ask the site's owner. Once it takes you in: {job.command} --retry-failed"
            )
    closed = tables.left_out("images")
    if closed and closed >= _NEARLY_ALL * (closed + sum(tables.outcomes("images").values())):
        yield SiteRefuses(
            f"the hosts of the photos refuse all {closed:,}, by robots.txt or tdmrep.json; `rule` in the "
            f"table left_out says which. Ask their owner, then: {job.command}"
        )
