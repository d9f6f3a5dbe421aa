"""What a crawl measures of the pages that it reads, over all of a run or over a stretch of it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any, NamedTuple

from crawler.items import PageRow
from store.addresses import numbered
from store.schema import FIGURES

SHARES = {
    "stars": "with_stars",
    "raters": "with_raters",
    "category": "with_category",
    "posted": "with_posted",
    "image_url": "with_photo",
}
"""The fields of a boke whose coverage is measured, on pages of odai and of single boke."""
_GROWN = timedelta(days=30)
"""Age of the oldest boke of an odai that counts for the number of boke: younger odai still gather theirs, and
a crawl that comes back meets young ones mostly."""


class Figure(NamedTuple):
    """One measure: its value, its standard error, and the number of pages that it is of."""

    value: float
    error: float
    pages: int


@dataclass
class _Counts:
    """Numbers, of which only their sums are kept: a run may have millions."""

    number: int = 0
    sum: int = 0
    squares: int = 0

    def add(self, count: int) -> None:
        self.number += 1
        self.sum += count
        self.squares += count * count

    def join(self, other: "_Counts") -> None:
        self.number += other.number
        self.sum += other.sum
        self.squares += other.squares

    def mean(self) -> Figure:
        mean = self.sum / self.number
        variance = max(self.squares - self.number * mean * mean, 0) / max(self.number - 1, 1)
        return Figure(mean, sqrt(variance / self.number), self.number)


class Tally:
    """Adds up pages; `figures` then tells what they amount to."""

    def __init__(self) -> None:
        self.pages = 0
        self._bokes = {"bokes_per_odai": _Counts(), "bokes_per_list": _Counts()}
        self._own = self._odai = self._labelled = 0
        self._entries = 0
        self._covered: Counter[str] = Counter()

    def add(self, row: PageRow) -> None:
        """Add one page; only those that were read tell anything."""
        self.pages += 1
        if row["outcome"] != "ok":
            return
        bokes: list[dict[str, Any]] = row["bokes"]  # type: ignore[assignment]
        page = numbered(str(row["url"]))
        if page is None:
            self._bokes["bokes_per_list"].add(len(bokes))
            return
        self._own += 1
        self._entries += len(bokes)
        for field, name in SHARES.items():
            self._covered[name] += sum(boke[field] is not None for boke in bokes)
        if row["image_url"]:  # the page's photo is that of each boke
            self._covered["with_photo"] += sum(boke["image_url"] is None for boke in bokes)
        if page[0] == "odai":
            self._odai += 1
            self._labelled += bool(row["labels"])
            if "page=" not in str(row["url"]) and _is_grown(bokes, row["fetched_at"]):
                self._bokes["bokes_per_odai"].add(len(bokes))

    def join(self, other: "Tally") -> None:
        """Add the pages of another tally."""
        self.pages += other.pages
        self._own += other._own
        self._odai += other._odai
        self._labelled += other._labelled
        self._entries += other._entries
        self._covered.update(other._covered)
        for name, counts in other._bokes.items():
            self._bokes[name].join(counts)

    def figures(self, least: int = 1) -> dict[str, Figure]:
        """Return the figures that are of at least so many pages each."""
        found = {name: counts.mean() for name, counts in self._bokes.items() if counts.number}
        if self._entries:
            for name in SHARES.values():
                found[name] = _share(self._covered[name] / self._entries, self._own)
        if self._odai:
            found["with_labels"] = _share(self._labelled / self._odai, self._odai)
        return {name: figure for name, figure in found.items() if figure.pages >= least}


def values(figures: dict[str, Figure]) -> dict[str, float | None]:
    """Return the columns of the figures; null for what was not measured."""
    return {column.name: figures[column.name].value if column.name in figures else None for column in FIGURES}


def _is_grown(bokes: list[dict[str, Any]], fetched_at: object) -> bool:
    assert isinstance(fetched_at, datetime)
    oldest = min((boke["posted"] for boke in bokes if boke["posted"] is not None), default=fetched_at)
    return bool(fetched_at - oldest >= _GROWN)


def _share(share: float, pages: int) -> Figure:
    """Boke of one page are alike, so it is pages that are independent."""
    return Figure(share, sqrt(share * (1 - share) / pages), pages)
