"""Counts what a crawl fetches, and writes report.json at its end; the limit on drift is here, too."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Self

from crawler.items import LeftOutRow, PhotoRow, Row
from crawler.job import Job
from crawler.memory.tables import Tables
from store.errors import SiteRefuses, Unexpected, UserError
from store.logs import printable
from store.place import bokeru
from store.whole_file import write_json


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
        counts = others | {"boke": self.new_bokes}
        both = self.pages + self.photos
        return counts | {name: both[name] for name in ("drift", "denied", "error") if both[name]}


@dataclass(frozen=True)
class CrawlReport:
    """What is in the tables after a run, by outcome, and what the run added; as in report.json."""

    pages: dict[str, int]
    photos: dict[str, int]
    bokes: int
    new_pages: dict[str, int]
    new_photos: dict[str, int]
    new_left_out: int
    new_impossible_dates: int
    seconds: float
    finished_at: str
    failure: str | None
    stand_ins: dict[str, int] = field(default_factory=dict)
    """Pictures that stand for photos that are not there, by sha256: for how many addresses each answers."""
    left_out: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    pauses: int = 0
    """How often a host was left alone in this run, for `paused_seconds` in all; the newest are listed."""
    paused_seconds: float = 0.0
    last_pauses: list[dict[str, object]] = field(default_factory=list)

    def __str__(self) -> str:
        both = {name: self.pages.get(name, 0) + self.photos.get(name, 0) for name in _PROBLEMS}
        problems = "".join(f", {count:,} {name}" for name, count in both.items() if count)
        if self.new_left_out:
            problems += f", {self.new_left_out:,} entries left out that are no boke"
        if closed := sum(self.left_out.values()):
            problems += f", {closed:,} left out by robots.txt or tdmrep.json"
        new = sum(self.new_pages.values()) + sum(self.new_photos.values())
        lines = [
            f"crawl: {self.pages.get('ok', 0):,} pages, {self.photos.get('ok', 0):,} photos, "
            f"{self.bokes:,} boke{problems}; {new:,} fetched in {self.seconds:,.0f} s"
        ]
        lines += [
            f"crawl: one picture stands for {count:,} photos, and no dataset takes it ({sha256}). "
            "If it is a photo, name it in crawl.not_stand_ins"
            for sha256, count in self.stand_ins.items()
        ]
        if self.pauses:
            last = self.last_pauses[-1]
            lines.append(
                f"crawl: left a host alone {self.pauses:,} times, {self.paused_seconds:,.0f} s in all; last "
                f"{last['host']}: {last['reason']}"
            )
        return printable("\n".join(lines))


_PROBLEMS = ("missing", "drift", "denied", "error")


def write_report(job: Job, counts: Counts, seconds: float, failure: UserError | None) -> CrawlReport:
    """Write `report.json` beside the tables, and return the report."""
    with Tables(job) as tables:
        report = CrawlReport(
            pages=tables.outcomes("pages"),
            photos=tables.outcomes("images"),
            bokes=tables.bokes(),
            new_pages=dict(counts.new_pages),
            new_photos=dict(counts.new_photos),
            new_left_out=counts.new_left_out,
            new_impossible_dates=counts.new_impossible_dates,
            seconds=round(seconds, 3),
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            failure=str(failure) if failure else None,
            stand_ins=tables.stand_ins(),
            left_out=dict(counts.left_out),
            warnings=counts.warnings,
            pauses=counts.pauses,
            paused_seconds=round(counts.paused_seconds, 3),
            last_pauses=[asdict(pause) for pause in counts.last_pauses],
        )
    write_json(job.directory / "report.json", asdict(report))
    return report


_NEARLY_ALL = 0.95
"""The share of refused pages from which on the site is said to refuse the crawl."""


def drift_error(job: Job, pages: Mapping[str, int]) -> Unexpected:
    """Return the error for a crawl with too many pages whose markup no layout knows."""
    total, look = sum(pages.values()), bokeru("parse", "FILE", "--url", "URL")
    return Unexpected(
        f"{pages['drift']:,} of {total:,} pages have markup that no layout knows, above crawl.max_drift "
        f"({job.options.max_drift:g}): the site has changed. `{look}` shows what a saved page yields; "
        f"once its layout is corrected: {job.command} --retry-failed"
    )


def problems(job: Job, tables: Tables, counts: Counts | None = None) -> Iterator[UserError]:
    """Yield what is wrong with the pages that were fetched, whether or not more are missing.

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
    if pages.get("drift", 0) > job.options.max_drift * sum(pages.values()):
        yield drift_error(job, pages)
